import { describe, expect, it } from 'vitest';
import { parseUri } from '@simple-im/grammar';
import { OwnAddresses } from '../../src/sip-core/own-addresses.js';

const own = new OwnAddresses('example.com', [
  { transport: 'UDP', host: '192.0.2.1', port: 5060 },
  { transport: 'TLS', host: 'im.example.com', port: 5061 },
  { transport: 'WS', host: '::1', port: 8080 },
  { transport: 'WSS', host: 'im.example.com', port: 443 },
]);

describe('URIs of ours', () => {
  it.each([
    ['UDP', 'sip:t@192.0.2.1:5060;transport=udp;lr'],
    ['TLS', 'sip:t@im.example.com:5061;transport=tls;lr'],
    ['WS', 'sip:t@[::1]:8080;transport=ws;lr'],
    ['WSS', 'sip:t@im.example.com:443;transport=ws;lr'],
    ['TCP', 'sip:t@192.0.2.1:5060;transport=udp;lr'],
  ])('name the socket for %s (RFC 7118 §8.2), or any where there is none', (transport, uri) => {
    expect(own.uri('t', transport, ';lr')).toBe(uri);
    expect(own.isOurs(parseUri(uri))).toBe(true);
  });

  it.each([
    ['sip:im.example.com;transport=tls', true],
    ['sip:IM.example.com:5061', true],
    ['sip:im.example.com', false],
    ['sip:im.example.com:5061;transport=ws', false],
    ['sip:im.example.com:443;transport=tls', false],
    ['sip:192.0.2.1;transport=tcp', false],
    ['sip:192.0.2.1:8080;transport=ws', false],
  ])('are known by host, port and transport together: %s', (uri, ours) => {
    expect(own.isOurs(parseUri(uri))).toBe(ours);
  });
});
