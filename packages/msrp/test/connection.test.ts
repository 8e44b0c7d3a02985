import { describe, expect, it } from 'vitest';
import { bytesOf, utf8 } from '@simple-im/grammar';
import { FakeRandom } from '@simple-im/transport/fake';
import { everySplit } from '@simple-im/testkit';
import { MsrpConnection, MsrpSession, SessionTable, encodeEnd, encodeHead, msrpError, type SessionTable as Table } from '../src/index.js';
import { ALICE, BOB, decode } from './frames.js';
import { RawPeer, outcome, sendToAlice } from './raw-peer.js';

const CAROL = 'msrp://carol.example.com:1/x1;tcp';

function passive(sessions: Table, uri = ALICE): MsrpSession {
  const session = new MsrpSession({ uri, random: new FakeRandom() });
  sessions.add(session.entry);
  return session;
}

function written(connection: MsrpConnection): ReturnType<typeof decode> {
  const pieces: Uint8Array[] = [];
  for (let bytes = connection.transmit(0); bytes !== undefined; bytes = connection.transmit(0)) pieces.push(bytes);
  return decode(pieces);
}

const statuses = (connection: MsrpConnection): (number | undefined)[] => written(connection).map(({ head }) => head.status);

describe('binding a session to a connection (RFC 4975 §5.4)', () => {
  it('answers 481 to a SEND for an unknown session, with the URI it was sent to (RFC 4975 §7.3)', () => {
    const connection = new MsrpConnection({ sessions: new SessionTable(), now: 0 });
    connection.receive(sendToAlice('hello'), 0);
    expect(written(connection).map(({ head }) => [head.status, head.toPath, head.fromPath])).toEqual([[481, [BOB], [ALICE]]]);
    expect(connection.bound.size).toBe(0);
  });

  it('answers 481 where a To-Path asks to relay', () => {
    const peer = new RawPeer();
    peer.receive(sendToAlice('hello', { toPath: [ALICE, CAROL] }));
    expect(peer.written()[0]?.head.status).toBe(481);
  });

  it('binds the passive side by the first request from the expected peer, 481 for any other', () => {
    const sessions = new SessionTable();
    const session = passive(sessions);
    session.entry.accept([CAROL, BOB]);
    const stranger = new MsrpConnection({ sessions, now: 0 });
    stranger.receive(sendToAlice('hello', { fromPath: [CAROL] }), 0);
    expect(statuses(stranger)).toEqual([481]);
    expect(session.entry.state).toBe('waiting');
    const connection = new MsrpConnection({ sessions, now: 0 });
    connection.receive(sendToAlice('hello', { fromPath: [CAROL, BOB] }), 0);
    expect(statuses(connection)).toEqual([200]);
    expect(session.entry.state).toBe('bound');
    expect([...connection.bound]).toEqual([session.entry]);
  });

  it('answers 506 to a request on another connection than the one the session is bound to', () => {
    const sessions = new SessionTable();
    const session = passive(sessions);
    session.entry.accept([BOB]);
    const [first, second] = [new MsrpConnection({ sessions, now: 0 }), new MsrpConnection({ sessions, now: 0 })];
    first.receive(sendToAlice('one'), 0);
    second.receive(sendToAlice('two', { id: 'trans002', messageId: 'mess0002' }), 0);
    expect(statuses(first)).toEqual([200]);
    expect(statuses(second)).toEqual([506]);
    expect(session.entry.connection).toBe(first);
  });

  it('takes frames that overtake the answer, and drops the binding if they were a stranger\'s', () => {
    for (const [path, state] of [[BOB, 'bound'], [CAROL, 'waiting']] as const) {
      const sessions = new SessionTable();
      const session = passive(sessions);
      const connection = new MsrpConnection({ sessions, now: 0 });
      connection.receive(sendToAlice('early'), 0);
      expect(session.entry.state).toBe('early');
      session.send({ contentType: 'text/plain', body: utf8('x') });
      expect(statuses(connection)).toEqual([200]);
      session.entry.accept([path]);
      expect(session.entry.state).toBe(state);
      expect(connection.bound.size).toBe(state === 'bound' ? 1 : 0);
      expect(written(connection).map(({ body }) => body)).toEqual(state === 'bound' ? ['x'] : []);
    }
  });

  it('sends a SEND without body at once as the active side, and ends with its 481 or 506', () => {
    for (const [status, state] of [[200, 'bound'], [481, 'closed'], [506, 'closed'], [400, 'bound']] as const) {
      const sessions = new SessionTable();
      const session = passive(sessions);
      const connection = new MsrpConnection({ sessions, now: 0 });
      session.entry.connect([CAROL, BOB]);
      session.entry.connected(connection, 'binding1');
      const [frame] = written(connection);
      expect(frame).toMatchObject({ flag: '$', body: '', head: { method: 'SEND', toPath: [CAROL, BOB], fromPath: [ALICE], hasBody: false, contentType: undefined } });
      connection.receive(bytesOf(`MSRP binding1 ${status}\r\nTo-Path: ${ALICE}\r\nFrom-Path: ${BOB}\r\n-------binding1$\r\n`), 0);
      expect(session.entry.state).toBe(state);
    }
  });

  it('finds a session under another spelling of its URI, and by its id alone only when told to (RFC 4975 §6.1)', () => {
    const other = ALICE.replace('alicepc', 'AlicePC').replace('msrp:', 'MSRP:');
    const moved = ALICE.replace('alicepc.example.com:7777', '192.0.2.9:4000');
    for (const [mode, uri, status] of [['strict', other, 200], ['strict', moved, 481], ['session-id', moved, 200]] as const) {
      const sessions = new SessionTable(mode);
      passive(sessions);
      const connection = new MsrpConnection({ sessions, now: 0 });
      connection.receive(sendToAlice('hello', { toPath: [uri] }), 0);
      expect(statuses(connection)).toEqual([status]);
    }
  });

  it('allows no other change of state than the table has', () => {
    const session = passive(new SessionTable());
    const connection = new MsrpConnection({ sessions: new SessionTable(), now: 0 });
    session.entry.accept([BOB]);
    expect(() => session.entry.connect([BOB])).toThrowError(expect.objectContaining({ code: 'MSRP_SESSION_MISUSED' }));
    expect(() => session.entry.connected(connection, 'binding1')).toThrowError(expect.objectContaining({ code: 'MSRP_SESSION_MISUSED' }));
    session.close();
    session.close();
    expect(session.entry.state).toBe('closed');
    expect(() => session.send({ contentType: 'text/plain', body: utf8('x') })).toThrowError(expect.objectContaining({ code: 'MSRP_SESSION_CLOSED' }));
  });
});

describe('requests that cannot be taken', () => {
  it('answers 501 to a method nobody knows, in a session that exists (RFC 4975 §10.9)', () => {
    const peer = new RawPeer();
    const head = encodeHead({ transactionId: 'trans001', method: 'NICKNAME', toPath: [ALICE], fromPath: [BOB], body: false });
    peer.receive(head, encodeEnd('trans001', '$', false));
    expect(peer.written().map(({ head: { status } }) => status)).toEqual([501]);
  });

  it('answers 400 to a frame it cannot parse and goes on behind it (RFC 4975 §10.2)', () => {
    const peer = new RawPeer();
    peer.receive(sendToAlice('one', { range: 'x-y/z' }), sendToAlice('two', { id: 'trans002', messageId: 'mess0002' }));
    expect(peer.written().map(({ head }) => [head.transactionId, head.status])).toEqual([['trans001', 400], ['trans002', 200]]);
  });

  it('asks to be closed when what arrives is not MSRP', () => {
    const peer = new RawPeer();
    peer.receive(bytesOf('GET / HTTP/1.1\r\n\r\n'));
    expect(peer.connection.failure?.code).toBe('MSRP_NOT_MSRP');
  });

  it('ignores responses to nothing, for nobody, and for a session on another connection', () => {
    const peer = new RawPeer();
    const respond = (uri: string): Uint8Array => bytesOf(`MSRP unknown1 200 OK\r\nTo-Path: ${uri}\r\nFrom-Path: ${BOB}\r\n-------unknown1$\r\n`);
    peer.receive(respond(ALICE), respond(CAROL));
    expect(peer.written()).toEqual([]);
    expect(peer.connection.failure).toBeUndefined();
  });

  it('ignores a SEND without body but answers it: traffic for bindings and address translators (RFC 4975 §7.1)', () => {
    const peer = new RawPeer();
    const head = encodeHead({ transactionId: 'trans001', method: 'SEND', toPath: [ALICE], fromPath: [BOB], body: false });
    peer.receive(head, encodeEnd('trans001', '$', false));
    expect(peer.written().map(({ head: { status } }) => status)).toEqual([200]);
    expect(peer.messages).toEqual([]);
  });

  it('gives the same answers however the octets are cut', () => {
    const input = bytesOf([sendToAlice('one'), sendToAlice('two', { id: 'trans002', toPath: [CAROL] }), sendToAlice('x', { id: 'trans003', range: 'x' })].map((each) => String.fromCharCode(...each)).join(''));
    const answers = everySplit(input, (pieces) => {
      const peer = new RawPeer();
      for (const piece of pieces) peer.receive(piece);
      return peer.written().map(({ head }) => [head.transactionId, head.status]);
    });
    expect(answers).toEqual([['trans001', 200], ['trans002', 481], ['trans003', 400]]);
  });
});

describe('a connection\'s bounds', () => {
  it('fails a connection that names no session in time', () => {
    const connection = new MsrpConnection({ sessions: new SessionTable(), now: 1000, limits: { unboundTime: 500 } });
    expect(connection.deadline()).toBe(1500);
    connection.wake(1499);
    expect(connection.failure).toBeUndefined();
    connection.wake(1500);
    expect(connection.failure?.code).toBe('MSRP_CONNECTION_REFUSED');
  });

  it('stops reading while the peer does not take its answers', () => {
    const flow: boolean[] = [];
    const connection = new MsrpConnection({ sessions: new SessionTable(), now: 0, limits: { maxWaitingFrames: 400 }, flow: (reading) => flow.push(reading) });
    connection.receive(sendToAlice('one'), 0);
    expect(connection.reading).toBe(true);
    connection.receive(sendToAlice('two'), 0);
    connection.receive(sendToAlice('two'), 0);
    expect(connection.reading).toBe(false);
    expect(statuses(connection).length).toBe(3);
    expect(flow).toEqual([false, true]);
  });

  it('ends every session with the connection (RFC 4975 §5.4)', async () => {
    const peer = new RawPeer();
    const sent = peer.session.send({ contentType: 'text/plain', body: utf8('x') });
    peer.written();
    peer.receive(sendToAlice('hel', { range: '1-*/5', flag: '+' }));
    const reading = peer.messages[0]?.bytes() ?? Promise.resolve();
    peer.connection.lost(msrpError('MSRP_CONNECTION_LOST'));
    peer.connection.lost(msrpError('MSRP_CONNECTION_LOST'));
    expect(await outcome(sent.accepted)).toBe('MSRP_CONNECTION_LOST');
    expect(await outcome(reading)).toBe('MSRP_CONNECTION_LOST');
    expect(peer.closedWith).toMatchObject({ code: 'MSRP_CONNECTION_LOST' });
    expect(peer.session.entry.state).toBe('closed');
  });
});
