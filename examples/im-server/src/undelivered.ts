/*
 * When a message counts as undelivered, and so as somebody's to store (docs/profile.md, "Deferred messaging").
 */

/** The recipient's devices are not there, or cannot now; any other refusal is the recipient's answer. */
const UNDELIVERED = [408, 430, 480, 500, 502, 503, 504];

/** `status` of a final SIP response. */
export function isUndelivered(status: number): boolean {
  return UNDELIVERED.includes(status);
}
