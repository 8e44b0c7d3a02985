/** What one frame may hold at most. Reaching a limit is an error with a code of its own. */
export interface MsrpLimits {
  /** Octets of a start line, its CRLF included. Beyond: `MSRP_START_LINE_TOO_LONG`, the stream is dead. */
  readonly maxStartLine: number;
  /** Octets of the start line and header fields together. Beyond: `MSRP_HEAD_TOO_LARGE`, the frame is refused. */
  readonly maxHead: number;
  /** Header fields. Beyond: `MSRP_TOO_MANY_HEADERS`, the frame is refused. */
  readonly maxHeaders: number;
  /** URIs in a To-Path or a From-Path. Beyond: `MSRP_PATH_TOO_LONG`, the frame is refused. */
  readonly maxPathUris: number;
}

export const defaultMsrpLimits: MsrpLimits = {
  maxStartLine: 512,
  maxHead: 16_384,
  maxHeaders: 64,
  maxPathUris: 32,
};
