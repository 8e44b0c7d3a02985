import { describe, expect, it } from 'vitest';
import { utf8 } from '@simple-im/grammar';
import { encode, buildRequest, decodeDatagram, respondTo, type SipMessage, type SipRequest, type TraceEvent } from '@simple-im/sip';
import { WireTrace, type TraceEntry } from '../../src/observe/trace.js';

const alice = 'sip:alice@example.com';
const bob = 'sip:bob@example.com';
const remote = { host: '192.0.2.1', port: 5060 };

function traced(user = '*'): { readonly trace: WireTrace; readonly entries: TraceEntry[]; readonly stop: () => void } {
  const entries: TraceEntry[] = [];
  const owners = new Map([['msrp://im.example.com:2855/alices;tcp', alice], ['msrp://im.example.com:2855/bobs;tcp', bob]]);
  const trace = new WireTrace({ now: () => 7, ownerOf: (uri) => owners.get(uri) });
  return { trace, entries, stop: trace.listen(user, (entry) => entries.push(entry)) };
}

function request(method = 'MESSAGE'): SipRequest {
  return buildRequest({
    method, uri: bob, from: `<${alice}>;tag=1`, to: `<${bob}>`, callId: 'c', cseq: 1,
    headers: [
      ['Authorization', 'Digest response="hunter2"'], ['proxy-authorization', 'Digest response="hunter2"'],
      ['WWW-Authenticate', 'Digest nonce="hunter2"'], ['Proxy-Authenticate', 'Digest nonce="hunter2"'],
      ['Authentication-Info', 'rspauth="hunter2"'], ['Subject', 'tea'],
    ],
    contentType: 'text/plain', body: utf8('hunter2'),
  });
}

function event(message: SipMessage, direction: 'in' | 'out'): TraceEvent {
  const flow = { id: '1', transport: 'UDP', secure: false, local: remote, remote } as unknown as TraceEvent['flow'];
  return { direction, flow, bytes: encode(message), message };
}

/** Each on a connection of its own unless one is given. */
function frame(text: string, direction: 'in' | 'out' = 'in', connection: object = {}): Parameters<WireTrace['msrp']>[0] {
  return { direction, transport: 'TCP', connection: Object.assign(connection, { local: remote, remote }), bytes: utf8(text) };
}

const SEND = [
  'MSRP d93kswow SEND', 'To-Path: msrp://im.example.com:2855/alices;tcp', 'From-Path: msrp://client.invalid:9/x;tcp', 'Message-ID: 12345',
  'Byte-Range: 1-7/7', 'Authorization: Digest response="secret"', 'Content-Type: text/plain', '', 'hunter2', '-------d93kswow$', '',
].join('\r\n');

describe('a SIP message in the trace', () => {
  it('has its user, direction and title', () => {
    const { trace, entries } = traced();
    const message = request();
    trace.sip(event(message, 'in'));
    trace.sip(event(message, 'out'));
    trace.sip(event(respondTo(message, 202), 'in'));
    trace.sip(event(respondTo(message, 202), 'out'));
    expect(entries.map(({ user, direction, title }) => [user, direction, title])).toEqual([
      [alice, 'in', 'MESSAGE'], [bob, 'out', 'MESSAGE'], [bob, 'in', '202 (MESSAGE)'], [alice, 'out', '202 (MESSAGE)'],
    ]);
    expect(entries[0]).toMatchObject({ at: 7, protocol: 'SIP', transport: 'UDP', remote });
  });

  it('has its header fields, without credentials and body', () => {
    const { trace, entries } = traced();
    trace.sip(event(request(), 'in'));
    expect(entries[0]?.head).toMatch(/^MESSAGE sip:bob@example\.com SIP\/2\.0\r\n/);
    expect(entries[0]?.head).toContain('Subject: tea');
    expect(entries[0]?.head.match(/\[redacted\]/g)).toHaveLength(5);
    expect(JSON.stringify(entries)).not.toContain('hunter2');
  });

  it('has no credentials either where white space stands before the colon (RFC 3261 §7.3.1)', () => {
    const { trace, entries } = traced();
    trace.sip(event(decodeDatagram(utf8('MESSAGE sip:bob@example.com SIP/2.0\r\nAuthorization \t: Digest hunter2\r\nContent-Length: 0\r\n\r\n')), 'in'));
    expect(entries[0]?.head).toContain('[redacted]');
    expect(entries[0]?.head).not.toContain('hunter2');
  });

  it('goes only to who asked for its user', () => {
    const { trace, entries, stop } = traced(bob);
    trace.sip(event(request(), 'in'));
    expect(entries).toEqual([]);
    trace.sip(event(request(), 'out'));
    expect(entries).toHaveLength(1);
    stop();
    trace.sip(event(request(), 'out'));
    expect(entries).toHaveLength(1);
  });

  it('tells nothing where it cannot be read, and stays quiet about a From that is none', () => {
    const { trace, entries } = traced();
    const { message: _none, ...undecoded } = event(request(), 'in');
    trace.sip(undecoded);
    expect(entries).toEqual([]);
    const odd = decodeDatagram(utf8('MESSAGE sip:bob@example.com SIP/2.0\r\nContent-Length: 0\r\n\r\n'));
    trace.sip(event(odd, 'in'));
    expect(entries.map(({ user, title }) => [user, title])).toEqual([[undefined, 'MESSAGE']]);
  });
});

describe('an MSRP frame in the trace', () => {
  it('has the owner of our session as its user, and its title', () => {
    const { trace, entries } = traced();
    trace.msrp(frame(SEND));
    trace.msrp(frame('MSRP a786hjs2 200 OK\r\nTo-Path: msrp://client.invalid:9/x;tcp\r\nFrom-Path: msrp://im.example.com:2855/bobs;tcp\r\n-------a786hjs2$\r\n', 'out'));
    trace.msrp(frame('MSRP a786hjs3 REPORT\r\nTo-Path: msrp://im.example.com:2855/bobs;tcp\r\nFrom-Path: msrp://client.invalid:9/x;tcp\r\nMessage-ID: 12345\r\nByte-Range: 1-7/7\r\nStatus: 000 200 OK\r\n-------a786hjs3$\r\n'));
    trace.msrp(frame('MSRP a786hjs4 SEND\r\nTo-Path: msrp://elsewhere.example:9/x;tcp\r\nFrom-Path: msrp://client.invalid:9/x;tcp\r\nMessage-ID: 12345\r\n-------a786hjs4$\r\n'));
    expect(entries.map(({ user, direction, title }) => [user, direction, title])).toEqual([
      [alice, 'in', 'SEND 1-7/7 text/plain'], [bob, 'out', '200 OK'], [bob, 'in', 'REPORT 1-7/7'], [undefined, 'in', 'SEND'],
    ]);
  });

  it('has its header fields, without credentials and body', () => {
    const { trace, entries } = traced();
    trace.msrp(frame(SEND));
    expect(entries[0]?.head).toContain('Message-ID: 12345');
    expect(entries[0]?.head).toContain('Authorization: [redacted]');
    expect(JSON.stringify(entries)).not.toMatch(/hunter2|secret/);
  });

  it('is there when it is refused for its syntax, with nothing of it that could be a secret', () => {
    const { trace, entries } = traced();
    trace.msrp(frame(SEND.replace('Message-ID: 12345', 'Message-ID: 1').replace('Authorization:', 'Authorization :')));
    expect(entries).toMatchObject([{ user: alice, head: 'MSRP d93kswow SEND\r\n(refused: MSRP_BAD_HEADER)' }]);
    expect(JSON.stringify(entries)).not.toMatch(/hunter2|secret/);
  });

  it('is told once, however the stream was cut', () => {
    for (let at = 1; at < SEND.length; at++) {
      const { trace, entries } = traced(alice);
      const connection = {};
      trace.msrp(frame(SEND.slice(0, at), 'in', connection));
      trace.msrp(frame(SEND.slice(at), 'in', connection));
      trace.msrp(frame(SEND, 'in', connection));
      expect(entries, `cut at ${at}`).toHaveLength(2);
    }
  });

  it('is left out where the trace was joined in the middle of it; other connections and directions go on', () => {
    const { trace, entries } = traced();
    const connection = {};
    trace.msrp(frame(SEND.slice(SEND.indexOf('hunter2')), 'in', connection));
    trace.msrp(frame(SEND, 'in', connection));
    expect(entries).toEqual([]);
    trace.msrp(frame(SEND, 'out', connection));
    trace.msrp(frame(SEND));
    expect(entries).toHaveLength(2);
    expect(JSON.stringify(entries)).not.toContain('hunter2');
  });

  it('is told to who comes after others have left in the middle of a frame', () => {
    const { trace, entries, stop } = traced();
    const connection = {};
    trace.msrp(frame(SEND.slice(0, -20), 'in', connection));
    stop();
    trace.msrp(frame(SEND.slice(-20), 'in', connection));
    trace.listen('*', (entry) => entries.push(entry));
    trace.msrp(frame(SEND, 'in', connection));
    expect(entries).toHaveLength(2);
  });
});

it('looks at nothing while nobody listens', () => {
  const { trace, stop } = traced();
  const untouched = new Proxy({}, { get: () => { throw new Error('looked at'); } });
  expect(() => trace.sip(untouched as TraceEvent)).toThrow('looked at');
  stop();
  trace.sip(untouched as TraceEvent);
  trace.msrp(untouched as Parameters<WireTrace['msrp']>[0]);
  expect(trace.active).toBe(false);
});
