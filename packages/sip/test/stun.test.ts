import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bindingRequest, bindingResponse, decodeStun, isStun } from '../src/stun.js';

const bytes = (hex: string): Uint8Array => Uint8Array.from(hex.replaceAll(/\s/g, '').match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const TRANSACTION = 'b7e7a701bc34d686fa87dfae';
const request = bindingRequest(bytes(TRANSACTION));

// The attributes are those of the sample responses of RFC 5769 §2.2 and §2.3.
const samples: [string, string, number, string][] = [
  ['192.0.2.1', '192.0.2.1', 32853, '0020 0008 0001 a147 e112a643'],
  ['2001:db8:1234:5678:11:2233:4455:6677', '2001:db8:1234:5678:11:2233:4455:6677', 32853, '0020 0014 0002 a147 0113a9faa5d3f179bc25f4b5bed2b9d9'],
];

describe('STUN keepalives (RFC 5626 §8, RFC 5389)', () => {
  it.each(samples)('writes XOR-MAPPED-ADDRESS for %s as in RFC 5769', (_, host, port, attribute) => {
    const response = bindingResponse(request, { host, port });
    expect([...(response ?? [])]).toEqual([...bytes(`0101 00${attribute.startsWith('0020 0008') ? '0c' : '18'} 2112a442 ${TRANSACTION} ${attribute}`)]);
    expect(decodeStun(response as Uint8Array)).toEqual({ kind: 'response', transaction: TRANSACTION, mapped: { host, port } });
  });

  it.each([['::1', '0:0:0:0:0:0:0:1'], ['fe80::1%eth0', 'fe80:0:0:0:0:0:0:1'], ['::ffff:192.0.2.1', '0:0:0:0:0:ffff:c000:201']])('writes %s', (host, full) => {
    expect(decodeStun(bindingResponse(request, { host, port: 1 }) as Uint8Array)?.mapped).toEqual({ host: full, port: 1 });
  });

  it('takes a request with optional attributes, not one with attributes it would have to understand (RFC 5389 §7.3.1)', () => {
    const header = `0001 0008 2112a442 ${TRANSACTION}`;
    expect(decodeStun(bytes(`${header} 8022 0003 61626300`))?.kind).toBe('request');
    expect(decodeStun(bytes(`${header} 0006 0003 61626300`))).toBeUndefined();
  });

  it.each([
    ['CRLF CRLF', '0d0a0d0a'],
    ['a length that does not fit', `0001 0004 2112a442 ${TRANSACTION}`],
    ['another cookie', `0001 0000 2112a443 ${TRANSACTION}`],
    ['a SIP request', '4d455353414745207369703a626f6240657861'],
  ])('does not take %s for STUN', (_, hex) => {
    expect(isStun(bytes(hex))).toBe(false);
  });

  it('gives a value or undefined for any octets behind a STUN header', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), fc.constantFrom('0001', '0101', '0111', '0003'), (tail, type) => {
      const padded = tail.subarray(0, tail.length - (tail.length % 4));
      const header = bytes(`${type} ${padded.length.toString(16).padStart(4, '0')} 2112a442 ${TRANSACTION}`);
      decodeStun(Uint8Array.from([...header, ...padded]));
    }));
  });
});
