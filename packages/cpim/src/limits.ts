/** What the part before the body may use. The body is never looked at, so it has no limit here. */
export interface CpimLimits {
  /** Octets of all message and MIME headers; 65,536. */
  readonly maxHeadOctets: number;
  /** Message and MIME headers together; 256. */
  readonly maxHeaders: number;
}

/** The limits that hold when none are given. */
export const cpimLimits: CpimLimits = { maxHeadOctets: 65_536, maxHeaders: 256 };
