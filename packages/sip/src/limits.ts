/** How much of a peer's input the decoders take; reaching a limit is an error with its own code. */
export interface Limits {
  /** Octets of start line and header fields together. Default 65,536. Error SIP_HEAD_TOO_LARGE. */
  readonly headOctets: number;
  /** Header fields in one message. Default 512. Error SIP_TOO_MANY_FIELDS. */
  readonly fields: number;
  /** Octets of one body. Default 1,048,576. Error SIP_BODY_TOO_LARGE. */
  readonly bodyOctets: number;
}

export const DEFAULT_LIMITS: Limits = { headOctets: 65_536, fields: 512, bodyOctets: 1_048_576 };

export interface DecoderOptions {
  readonly limits?: Partial<Limits>;
  /** Also take line ends without CR, and a datagram without the empty line behind the header fields. Default false. */
  readonly liberal?: boolean;
}

/** The options with every limit filled in. */
export function limitsOf(options: DecoderOptions | undefined): Limits {
  return options?.limits === undefined ? DEFAULT_LIMITS : { ...DEFAULT_LIMITS, ...options.limits };
}
