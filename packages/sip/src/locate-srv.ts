import type { Random, SrvRecord } from '@simple-im/transport';

/**
 * SRV records in the order to try them (RFC 2782): by priority, and within one priority drawn by weight, without putting
 * back. The random number is taken as a fraction of the sum, so that shares are those of the weights exactly and a record
 * of weight 0 beside others comes first hardly ever; where all weigh 0 each has the same chance. The outcome depends on
 * the records and the random octets alone, not on the order the records came in (RFC 3263 §4.4).
 */
export function srvOrder(records: readonly SrvRecord[], random: Random): SrvRecord[] {
  const left = records.toSorted(compareRecords);
  const ordered: SrvRecord[] = [];
  while (left.length > 0) {
    const { priority } = left[0] as SrvRecord;
    const behind = left.findIndex((record) => record.priority !== priority);
    const group = left.splice(0, behind < 0 ? left.length : behind);
    while (group.length > 0) ordered.push(...group.splice(draw(group, random), 1));
  }
  return ordered;
}

/** Zero weights first, as RFC 2782 wants it, then any order that is always the same. */
function compareRecords(a: SrvRecord, b: SrvRecord): number {
  return a.priority - b.priority || a.weight - b.weight || compareText(a.target, b.target) || a.port - b.port;
}

export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function draw(group: readonly SrvRecord[], random: Random): number {
  const fraction = uint32(random) / 0x1_0000_0000;
  const sum = group.reduce((total, { weight }) => total + weight, 0);
  if (sum === 0) return Math.floor(fraction * group.length);
  let running = 0;
  return group.findIndex(({ weight }) => (running += weight) >= fraction * sum);
}

function uint32(random: Random): number {
  const [a = 0, b = 0, c = 0, d = 0] = random.bytes(4);
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
}

/** The same octets for the same text (FNV-1a, then xorshift32): a choice that whoever knows the text makes again. */
export function randomOf(text: string): Random {
  let state = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
  state = (state >>> 0) || 1;
  return {
    bytes: (length) => Uint8Array.from({ length }, () => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return state >>> 24;
    }),
  };
}
