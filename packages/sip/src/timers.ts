/** The base values of RFC 3261 Table 4 in milliseconds; every other timer follows from them. */
export interface Timers {
  /** Round-trip estimate: the first retransmission interval. Default 500. */
  readonly T1: number;
  /** Longest retransmission interval of non-INVITE requests and of responses to INVITE. Default 4000. */
  readonly T2: number;
  /** How long a message may stay in the network. Default 5000. */
  readonly T4: number;
  /** INVITE client transaction timeout. Default 64*T1. */
  readonly B: number;
  /** How long a client answers retransmitted responses with ACK over UDP; at least 32 s. Default 32000. */
  readonly D: number;
  /** Non-INVITE client transaction timeout. Default 64*T1. */
  readonly F: number;
  /** How long a server waits for the ACK to a non-2xx response. Default 64*T1. */
  readonly H: number;
  /** When a server answers an INVITE with 100 on its own, §17.2.1. Default 200. */
  readonly trying: number;
}

/**
 * The timers of the transaction machines. A to M are the standard's. `trying` sends a 100 by itself (§17.2.1, RFC 4320
 * §4.1), `expiry` ends a non-INVITE server transaction nobody answered (RFC 4320 §4.2), `cancel` ends an INVITE that got
 * no final response after CANCEL (§9.1).
 */
export type TimerName = 'A' | 'B' | 'D' | 'E' | 'F' | 'G' | 'H' | 'I' | 'J' | 'K' | 'L' | 'M' | 'trying' | 'expiry' | 'cancel';

/** Fills in what the caller left out. */
export function resolveTimers(given: Partial<Timers> = {}): Timers {
  const T1 = given.T1 ?? 500;
  return {
    T1,
    T2: given.T2 ?? 4000,
    T4: given.T4 ?? 5000,
    B: given.B ?? 64 * T1,
    D: given.D ?? 32_000,
    F: given.F ?? 64 * T1,
    H: given.H ?? 64 * T1,
    trying: given.trying ?? 200,
  };
}

/**
 * How long a timer runs when it is first started, in milliseconds. Undefined: not started at all, since reliable
 * transports do not retransmit. Zero: fires at once (§17.1.1.2, §17.1.2.2, §17.2.1, §17.2.2 for reliable transports).
 */
export function firstInterval(timer: TimerName, timers: Timers, reliable: boolean, invite: boolean): number | undefined {
  switch (timer) {
    case 'A':
    case 'E':
    case 'G':
      return reliable ? undefined : timers.T1;
    case 'B':
      return timers.B;
    case 'D':
      return reliable ? 0 : timers.D;
    case 'F':
      return timers.F;
    case 'H':
      return timers.H;
    case 'I':
    case 'K':
      return reliable ? 0 : timers.T4;
    case 'J':
      return reliable ? 0 : 64 * timers.T1;
    case 'trying':
      return invite ? timers.trying : timeUntilT2(timers);
    case 'L':
    case 'M':
    case 'expiry':
    case 'cancel':
      return 64 * timers.T1;
  }
}

/** The interval after `last` of a retransmission timer: A doubles without end, E and G up to T2. */
export function nextInterval(timer: TimerName, last: number, timers: Timers): number {
  return timer === 'A' ? 2 * last : Math.min(2 * last, timers.T2);
}

/** When a client's Timer E is reset to T2, counted from the request: 3.5 s by default (RFC 4320 §4.1). */
export function timeUntilT2(timers: Timers): number {
  let elapsed = 0;
  for (let interval = timers.T1; ; interval = Math.min(2 * interval, timers.T2)) {
    if (interval >= timers.T2) return elapsed;
    elapsed += interval;
  }
}
