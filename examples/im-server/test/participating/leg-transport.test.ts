import { describe, expect, it } from 'vitest';
import { buildRequest, encode } from '@simple-im/sip';
import { offeredTransport } from '../../src/participating/leg-transport.js';
import { RegisteredDevices } from '../../src/participating/registered-devices.js';
import type { MediaTransport } from '../../src/media/media.js';

function offered(sip: string | undefined, ...own: MediaTransport[]): MediaTransport {
  return offeredTransport(sip, new Set(own));
}

describe('what a callee is offered (docs/profile.md, "How MSRP is spoken on each leg")', () => {
  it('goes by how they registered, as far as we listen', () => {
    const all = ['tcp', 'tls', 'ws', 'wss'] as const;
    expect(['UDP', 'TCP', 'TLS', 'WS', 'WSS', undefined].map((sip) => offered(sip, ...all))).toEqual(['tcp', 'tcp', 'tls', 'ws', 'wss', 'tcp']);
    expect([offered('TLS', 'tcp', 'ws'), offered('WSS', 'tcp', 'ws'), offered('WS', 'tcp', 'wss')]).toEqual(['tcp', 'ws', 'wss']);
    expect([offered('UDP', 'tls', 'wss'), offered('WSS', 'tls')]).toEqual(['tls', 'tls']);
  });
});

/** A REGISTER as `message/sip`; the client's Via is the last. */
function register(contacts: readonly string[], vias: readonly string[], expires = 600): Uint8Array {
  return encode(buildRequest({
    method: 'REGISTER', uri: 'sip:example.com', from: '<sip:bob@example.com>;tag=1', to: '<sip:bob@example.com>', callId: 'r', cseq: 1,
    headers: [
      ...vias.map((transport) => ['Via', `SIP/2.0/${transport} 192.0.2.9;branch=z9hG4bK1`] as const),
      ...contacts.map((contact) => ['Contact', contact] as const), ['Expires', String(expires)],
    ],
  }));
}

describe('the devices of a user', () => {
  it('are known by the Via of their client, the latest REGISTER first, until they expire or leave', () => {
    const devices = new RegisteredDevices();
    expect(devices.latest(0)).toBeUndefined();
    devices.registered(register(['<sip:bob@192.0.2.9>'], ['UDP']), 0);
    devices.registered(register(['<sip:bob@a.invalid;transport=ws>;+sip.instance="<urn:uuid:1>"'], ['TCP', 'WSS'], 60), 0);
    expect(devices.latest(0)).toBe('WSS');
    expect(devices.latest(60_000)).toBe('UDP');
    devices.registered(register(['<sip:bob@b.invalid;transport=ws>;+sip.instance="<urn:uuid:1>"'], ['WSS']), 61_000);
    devices.registered(register(['<sip:bob@192.0.2.9>'], ['TLS']), 62_000);
    expect(devices.latest(62_000)).toBe('TLS');
    devices.registered(register(['<sip:bob@192.0.2.9>;expires=0'], ['TLS']), 63_000);
    expect(devices.latest(63_000)).toBe('WSS');
    devices.registered(register(['*'], ['TLS'], 0), 64_000);
    expect(devices.latest(64_000)).toBeUndefined();
  });

  it('are as before after a body that is no REGISTER that can be read, or none', () => {
    const devices = new RegisteredDevices();
    devices.registered(register(['<sip:bob@192.0.2.9>'], ['TLS']), 0);
    for (const body of ['', 'nothing', 'REGISTER sip:x SIP/2.0\r\nVia: ?\r\nContact: <\r\n\r\n']) devices.registered(new TextEncoder().encode(body), 0);
    expect(devices.latest(0)).toBe('TLS');
  });

  it('are all of them and no others once registration information has told, those known by their REGISTER first and as it was', () => {
    const devices = new RegisteredDevices();
    devices.registered(register(['<sip:bob@a.invalid;transport=ws>;+sip.instance="<urn:uuid:1>";+g.oma.sip-im'], ['WS']), 0);
    devices.registered(register(['<sip:bob@192.0.2.9>;+g.oma.sip-im'], ['TLS']), 0);
    const told = (name: string, transport: string, ...featureTags: string[]) => ({ name, transport, expires: 60, featureTags });
    devices.are([told('sip:bob@192.0.2.7', 'TCP', '+g.oma.sip-im'), told('<urn:uuid:1>', 'WSS', '+g.oma.sip-im')], 1000);
    expect(devices.latest(1000)).toBe('TCP');
    devices.are([told('<urn:uuid:1>', 'WSS', '+g.oma.sip-im')], 2000);
    expect(devices.latest(2000)).toBe('WS');
    expect(devices.latest(62_000)).toBeUndefined();
  });

  it('that take instant messages are who will answer, whichever registered last', () => {
    const devices = new RegisteredDevices();
    devices.registered(register(['<sip:bob@a.invalid>;+g.oma.sip-im'], ['WSS']), 0);
    devices.registered(register(['<sip:bob@192.0.2.9>;+g.oma.sip-im.large-message;audio'], ['UDP']), 0);
    expect(devices.latest(0)).toBe('WSS');
  });
});
