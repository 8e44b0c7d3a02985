import type { Random } from '@simple-im/transport';
import { imError } from './errors.js';

/** A URN for a device that has none yet: a UUID of version 4 (RFC 4122 §4.4), since a client may not know a lasting number of its host. */
export function newInstance(random: Random): string {
  const octets = Uint8Array.from(random.bytes(16));
  octets[6] = 0x40 | ((octets[6] as number) & 0x0f);
  octets[8] = 0x80 | ((octets[8] as number) & 0x3f);
  const hex = Array.from(octets, (octet) => octet.toString(16).padStart(2, '0')).join('');
  return `urn:uuid:${[hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')}`;
}

/** RFC 5626 §4.1: a URN, here without what would end the parameter it is written in. Throws IM_BAD_OPTION. */
export function checkInstance(urn: string): string {
  if (!/^urn:[a-z0-9][a-z0-9-]{0,31}:[!#-;=?-~]+$/i.test(urn)) throw imError('IM_BAD_OPTION', { detail: 'instance is not a URN' });
  return urn;
}
