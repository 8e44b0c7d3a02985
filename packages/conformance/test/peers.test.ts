import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { cases, wireText } from '@simple-im/conformance';
import { createConnection } from 'node:net';
import { once } from 'node:events';
import { openMsrpEndpoint } from '../src/msrp-endpoint.js';
import { Inbox } from '../src/inbox.js';
import { MsrpPeer } from '../src/raw-msrp.js';
import type { Arrival, Channel } from '../src/raw-peer.js';
import { SipPeer } from '../src/raw-sip.js';
import { digestAnswer } from '../src/digest-answer.js';
import { cutMessage, header, headers, parameter, statusOf, uriOf } from '../src/sip-text.js';
import { fill, without } from '../src/template.js';
import { WireLog } from '../src/wire-log.js';

describe('cases', () => {
  it('have ids of their own that say reference point, document, section and what', () => {
    expect(new Set(cases.map(({ id }) => id)).size).toBe(cases.length);
    for (const { id } of cases) expect(id).toMatch(/^[A-Z]+-\d+\/[a-z0-9.-]+\/[\w.-]+\/[a-z0-9-]+$/);
  });
});

describe('templates', () => {
  it('lose their indentation, end lines with CRLF, and take values as they are', () => {
    expect(fill('\n    A: {a}\n    {none}\n\n    {body}\n  ', { a: '1', none: '', body: '{a}\n\xff' })).toBe('A: 1\r\n\r\n{a}\n\xff\r\n');
    expect(fill('é', {})).toBe('\xc3\xa9\r\n');
  });

  it('with a placeholder nobody fills are a mistake, as is taking away what is not there', () => {
    expect(() => fill('{typo}', {})).toThrow('{typo}');
    expect(without('  A: 1\n  B: 2', 'A:')).toBe('  B: 2');
    expect(() => without('A: 1', 'C:')).toThrow('C:');
  });
});

describe('the reader of SIP', () => {
  const message = 'SIP/2.0 200 OK\r\nv: SIP/2.0/UDP a;branch=z9hG4bK1;rport\r\nVia: SIP/2.0/UDP b\r\nSubject: one\r\n two\r\nContact: "x;tag=no" <sip:a@b;tag=in>;tag=1\r\nl: 2\r\n\r\nhi';

  it('finds headers in both forms, unfolded', () => {
    expect(headers(message, 'Via')).toEqual(['SIP/2.0/UDP a;branch=z9hG4bK1;rport', 'SIP/2.0/UDP b']);
    expect(header(message, 'subject')).toBe('one two');
    expect([statusOf(message), uriOf(header(message, 'contact'))]).toEqual([200, 'sip:a@b;tag=in']);
    expect(parameter(header(message, 'Contact'), 'tag')).toBe('1');
    expect([parameter(header(message, 'Via'), 'branch'), parameter(header(message, 'Via'), 'rport'), parameter(header(message, 'Via'), 'port')]).toEqual(['z9hG4bK1', '', undefined]);
  });

  it('cuts a stream at every octet', () => {
    for (let length = 0; length < message.length; length++) expect(cutMessage(message.slice(0, length))).toBeUndefined();
    expect(cutMessage(`\r\n\r\n${message}SIP`)).toEqual({ message, rest: 'SIP' });
  });
});

describe('the digest answer', () => {
  const md5 = 'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=MD5, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"';
  const question = { method: 'GET', uri: '/dir/index.html', username: 'Mufasa', password: 'Circle of Life' };

  it.each([['md5', md5], ['sha256', md5.replace('=MD5', '=SHA-256')]])('is that of RFC 7616 §3.4.1 with %s', (name, challenge) => {
    const hash = (text: string): string => createHash(name).update(text).digest('hex');
    const answer = digestAnswer({ ...question, challenges: [challenge] }) ?? '';
    const cnonce = /cnonce="([^"]+)"/.exec(answer)?.[1];
    const nonce = '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v';
    const expected = hash(`${hash('Mufasa:http-auth@example.org:Circle of Life')}:${nonce}:00000001:${cnonce}:auth:${hash('GET:/dir/index.html')}`);
    expect(answer).toContain(`response="${expected}"`);
    expect(answer).toContain('opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"');
  });

  it('takes the first challenge it can answer, without qop as RFC 2069 did', () => {
    const answer = digestAnswer({ ...question, challenges: ['Digest realm="r", nonce="n", algorithm=SHA-512-256-sess', 'Basic realm="r"', 'Digest realm="r", nonce="n"'] });
    expect(answer).not.toContain('cnonce');
    expect(digestAnswer({ ...question, challenges: ['Basic realm="r"'] })).toBeUndefined();
  });
});

/** A channel that a test fills; what is sent over it goes nowhere. */
function channel(): { readonly channel: Channel; readonly inbox: Inbox<Arrival>; readonly comes: (octets: string) => void } {
  const inbox = new Inbox<Arrival>();
  const nowhere = (): void => undefined;
  return {
    channel: { local: { host: '127.0.0.1', port: 9 }, inbox, send: nowhere, close: async () => undefined },
    inbox, comes: (octets) => inbox.push({ octets, reply: nowhere }),
  };
}

describe('the SIP peer', () => {
  it('passes over what comes again, and shows it where it is asked to', async () => {
    const { channel: over, comes } = channel();
    const peer = new SipPeer({ channel: over, transport: 'udp', domain: 'example.com', timeout: 20, user: undefined });
    const ok = 'SIP/2.0 200 OK\r\nCall-ID: a\r\n\r\n';
    for (let times = 0; times < 3; times++) comes(ok);
    await peer.expect('SIP/2.0 200');
    expect((await peer.expect('SIP/2.0 200', { repeats: true })).text).toBe(ok);
    await expect(peer.expect('SIP/2.0 200')).rejects.toThrow('nothing came in time');
  });

  it('answers 481 to a BYE in a call of an earlier owner of its port, and passes over it; that in its own call it shows', async () => {
    const { channel: over, inbox } = channel();
    const peer = new SipPeer({ channel: over, transport: 'udp', domain: 'example.com', timeout: 1000, user: undefined });
    const answers: string[] = [];
    const byeCame = (callId: string): void => inbox.push({
      octets: `BYE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP b\r\nTo: <sip:a@b>;tag=1\r\nCall-ID: ${callId}\r\nCSeq: 2 BYE\r\n\r\n`,
      reply: (octets) => answers.push(octets),
    });
    const own = header(peer.send('INVITE sip:b@b SIP/2.0\nCall-ID: {callId}'), 'Call-ID') ?? '';
    byeCame('another');
    byeCame(own);
    expect((await peer.expect('BYE ')).header('Call-ID')).toBe(own);
    expect(answers.map((text) => [statusOf(text), header(text, 'Call-ID')])).toEqual([[481, 'another']]);
  });

  describe('passes over what is for an earlier owner of its port, and answers it 481', () => {
    const owner = () => {
      const { channel: over, inbox } = channel();
      const peer = new SipPeer({ channel: over, transport: 'udp', domain: 'example.com', timeout: 1000, user: { aor: 'sip:alice@example.com', password: '' } });
      const answers: string[] = [];
      const comes = (method: string, uri: string, callId: string, to = `<${uri}>`): void => inbox.push({
        octets: `${method} ${uri} SIP/2.0\r\nVia: SIP/2.0/UDP b\r\nTo: ${to}\r\nCall-ID: ${callId}\r\nCSeq: 2 ${method}\r\n\r\n`,
        reply: (octets) => answers.push(octets),
      });
      const earlier = peer.contact.replace('alice', 'bob');
      return { peer, comes, earlier, answered: () => answers.map((text) => `${statusOf(text)} ${header(text, 'Call-ID')}`) };
    };

    it.each(['INVITE', 'MESSAGE', 'OPTIONS', 'CANCEL'])('%s, by its Request-URI', async (method) => {
      const { peer, comes, earlier, answered } = owner();
      comes(method, earlier, 'one');
      comes(method, earlier, 'one');
      comes(method, peer.contact, 'two');
      expect((await peer.expect(`${method} `)).header('Call-ID')).toBe('two');
      // The repeat too, or it would come for half a minute.
      expect(answered()).toEqual(['481 one', '481 one']);
    });

    it.each(['NOTIFY', 'INVITE', 'INFO'])('%s within a dialog, by its Call-ID', async (method) => {
      const { peer, comes, answered } = owner();
      const own = header(peer.send('SUBSCRIBE sip:b@b SIP/2.0\nCall-ID: {callId}'), 'Call-ID') ?? '';
      comes(method, peer.contact, 'one', '<sip:alice@example.com>;tag=1');
      comes(method, peer.contact, own, '<sip:alice@example.com>;tag=1');
      expect((await peer.expect(`${method} `)).header('Call-ID')).toBe(own);
      expect(answered()).toEqual(['481 one']);
    });

    it('ACK, without an answer', async () => {
      const { peer, comes, earlier, answered } = owner();
      comes('ACK', earlier, 'one');
      comes('MESSAGE', peer.contact, 'two');
      await peer.expect('MESSAGE ');
      expect(answered()).toEqual([]);
    });

    it('also while it waits for a response', async () => {
      const { peer, comes, earlier, answered } = owner();
      const response = peer.request('OPTIONS sip:b@b SIP/2.0\nVia: SIP/2.0/UDP a;branch={branch}\nCall-ID: {callId}');
      comes('INVITE', earlier, 'one');
      await expect(response).rejects.toThrow('nothing came in time');
      expect(answered()).toEqual(['481 one']);
    });

    it('and takes what is for a name it gave, for another address, or of a dialog that moves here', async () => {
      const { peer, comes, earlier } = owner();
      peer.send(`REGISTER sip:b SIP/2.0\nCall-ID: {callId}\nContact: <${peer.contact.replace('alice', 'desk')}>`);
      comes('MESSAGE', peer.contact.replace('alice', 'desk'), 'one');
      comes('MESSAGE', 'sip:bob@192.0.2.1', 'two');
      comes('MESSAGE', earlier, 'three');
      comes('MESSAGE', peer.contact, 'four');
      for (const callId of ['one', 'two', 'four']) expect((await peer.expect('MESSAGE ')).header('Call-ID')).toBe(callId);
      const moved = owner();
      moved.comes('NOTIFY', moved.peer.contact, 'five', '<sip:alice@example.com>;tag=1');
      expect((await moved.peer.expect('NOTIFY ')).header('Call-ID')).toBe('five');
    });
  });
});

describe('the MSRP peer', () => {
  const peer = (over: Channel): MsrpPeer =>
    new MsrpPeer({ channel: over, timeout: 60_000, ownUri: 'msrp://a.invalid:9/a;tcp', remotePath: 'msrp://b.invalid:9/b;tcp' });

  it('knows both ends, and waits for as long as it is told to', async () => {
    const media = peer(channel().channel);
    expect([media.ownUri, media.remotePath]).toEqual(['msrp://a.invalid:9/a;tcp', 'msrp://b.invalid:9/b;tcp']);
    const short = { within: 1 };
    await expect(media.expectResponse('tid1', 200, short)).rejects.toThrow('nothing came in time; expected a 200 to transaction tid1');
    await expect(media.expectRequest('SEND', short)).rejects.toThrow('nothing came in time; expected a SEND request');
    await expect(media.expectClosed(short)).rejects.toThrow('nothing came in time; expected the end of the connection');
  });

  it('expects the end of the connection, and nothing before it', async () => {
    const [ended, busy] = [channel(), channel()];
    ended.inbox.end('the target closed the connection');
    await peer(ended.channel).expectClosed();
    busy.comes('MSRP abcd SEND\r\n-------abcd$\r\n');
    await expect(peer(busy.channel).expectClosed()).rejects.toThrow('got "MSRP abcd SEND", expected the end of the connection');
  });

  it('lets the other end connect', async () => {
    const wire = { add: () => undefined };
    const connect = async (): Promise<never> => { throw new Error('not this time'); };
    const endpoint = await openMsrpEndpoint({ host: '127.0.0.1', name: 'bob', timeout: 5000, wire, connect });
    expect(endpoint.uri).toMatch(new RegExp(`^msrp://127\\.0\\.0\\.1:${endpoint.port}/bob\\w+;tcp$`));
    const socket = createConnection(endpoint.port, '127.0.0.1');
    socket.write(`MSRP abcd SEND\r\nTo-Path: ${endpoint.uri}\r\nFrom-Path: msrp://b.invalid:9/b;tcp\r\n-------abcd$\r\n`);
    const media = endpoint.accept('msrp://b.invalid:9/b;tcp');
    media.respond(await media.expectRequest('SEND'), 'MSRP {tid} 200 OK\nTo-Path: {to}\nFrom-Path: {from}\n-------{tid}$');
    const [answer] = await once(socket, 'data') as [Buffer];
    expect(answer.toString()).toBe(`MSRP abcd 200 OK\r\nTo-Path: msrp://b.invalid:9/b;tcp\r\nFrom-Path: ${endpoint.uri}\r\n-------abcd$\r\n`);
    socket.destroy();
    await media.expectClosed();
    await endpoint.close();
  });
});

describe('the wire log', () => {
  it('masks what proves a user and escapes what is not text', () => {
    const log = new WireLog();
    log.add('sent', 'alice', 'REGISTER x SIP/2.0\r\nAuthorization: Digest username="a", nonce="n", response="abc", cnonce="def"\r\nProxy-Authorization: Basic YTpi\r\n\r\n\0\n\xff');
    const text = wireText(log.entries);
    expect(text).toContain('username="a", nonce="***", response="***", cnonce="***"');
    expect(text).toContain('Proxy-Authorization: ***');
    expect(text).toContain('\\x00\\n\\xff');
    expect(text).not.toMatch(/abc|def|YTpi/);
  });
});
