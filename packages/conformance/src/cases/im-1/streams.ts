/* SIP over a stream: where a message begins and ends (RFC 3261 §7.5, §18.3), and that a stream is kept alive (RFC 5626). */
import type { CaseContext, ConformanceCase } from '../../case.js';
import { check, equal, precondition } from '../../expectation.js';
import type { SipPeer } from '../../raw-sip.js';
import { without } from '../../template.js';
import { registered } from '../preconditions.js';
import { isTaken, nothingComes, shortWait, unlessClosed, unlessSilent } from '../steps.js';
import { finalResponse, message, options } from '../templates.js';

const needs = ['sip-tcp'] as const;

/** A peer over TCP to whom a right OPTIONS was answered. */
async function stream(context: CaseContext): Promise<SipPeer> {
  const peer = await context.sip({ transport: 'tcp' });
  await precondition('an OPTIONS is answered', async () => equal('the status', (await peer.request(options)).status, 200));
  peer.newCall();
  return peer;
}

/** Whoever else speaks to the target is served, whatever became of that connection. */
async function servesOthers(context: CaseContext): Promise<void> {
  equal('the status of an OPTIONS on another connection', (await (await context.sip({ transport: 'tcp' })).request(options)).status, 200);
}

const callIdOf = (text: string): string | undefined => /\r\nCall-ID: ([^\r]*)/.exec(text)?.[1];

export const streamCases: readonly ConformanceCase[] = [
  {
    id: 'IM-1/rfc3261/18.3/two-messages-in-one-segment',
    clause: 'RFC 3261 §18.3',
    level: 'SHALL',
    asks: 'On a stream Content-Length says where a message ends: what follows it is the next one.',
    does: 'Sends two OPTIONS in one write, the first with a body; expects both answered.',
    needs,
    users: 0,
    run: async (context) => {
      const peer = await stream(context);
      const withBody = `${options.replace('Content-Length: 0', 'Content-Type: text/plain\n  Content-Length: {length}').trimEnd()}\n\n  OPTIONS sip:x SIP/2.0\n`;
      const first = peer.written(withBody);
      peer.newCall();
      const second = peer.written(options);
      peer.sendOctets(first + second);
      const answered = [await peer.expect('SIP/2.0 200'), await peer.expect('SIP/2.0 200')].map((answer) => answer.header('Call-ID'));
      for (const text of [first, second]) check(answered.includes(callIdOf(text)), 'one of the two requests was not answered');
    },
  },
  {
    id: 'IM-1/rfc3261/18.3/message-octet-by-octet',
    clause: 'RFC 3261 §18.3',
    level: 'SHALL',
    asks: 'A message is the same in however many segments it comes.',
    does: 'Sends a MESSAGE with each octet in a write of its own, compares what arrives.',
    needs: [...needs, 'registrar', 'pager'],
    users: 2,
    run: async (context) => {
      const [from, to] = context.users;
      const alice = await registered(context, from!, 'tcp');
      const bob = await registered(context, to!);
      await precondition('a MESSAGE is challenged or taken', async () => {
        const taken = alice.request(message, { recipient: to!.aor });
        taken.catch(() => undefined);
        bob.respond(await bob.expect('MESSAGE '), finalResponse('200 OK'));
        isTaken(await taken);
      });
      alice.newCall();
      const answered = alice.request(message.replace('come here', 'octet by octet'), { recipient: to!.aor }, (octets) => {
        for (const octet of octets) alice.sendOctets(octet);
      });
      answered.catch(() => undefined);
      const arrived = await bob.expect('MESSAGE ');
      equal('the body', arrived.body, 'Watson, octet by octet.\r\n');
      bob.respond(arrived, finalResponse('200 OK'));
      isTaken(await answered);
    },
  },
  {
    id: 'IM-1/rfc3261/7.5/line-ends-before-message',
    clause: 'RFC 3261 §7.5',
    level: 'SHALL',
    asks: 'On a stream, CRLF before the start line of a message is ignored.',
    does: 'Sends an OPTIONS behind one CRLF, and one behind three; expects both answered.',
    needs,
    users: 0,
    run: async (context) => {
      const peer = await stream(context);
      for (const ends of ['\r\n', '\r\n\r\n\r\n']) {
        peer.newCall();
        const text = peer.written(options);
        peer.sendOctets(ends + text);
        equal('the Call-ID of what is answered', (await peer.expect('SIP/2.0 200')).header('Call-ID'), callIdOf(text));
      }
    },
  },
  {
    id: 'IM-1/rfc5626/4.4.1/ping-answered',
    clause: 'RFC 5626 §3.5.1, §4.4.1, §5.4',
    level: 'SHALL',
    asks: 'A double CRLF between messages is answered by a single CRLF.',
    does: 'Sends CRLF CRLF over TCP, expects CRLF alone, and that an OPTIONS is answered then.',
    needs: [...needs, 'outbound'],
    users: 0,
    run: async (context) => {
      const peer = await stream(context);
      peer.sendOctets('\r\n\r\n');
      equal('the pong', await peer.octets(), '\r\n');
      equal('the status', (await peer.request(options)).status, 200);
    },
  },
  {
    id: 'IM-1/rfc3261/18.2.2/answer-over-the-same-connection',
    clause: 'RFC 3261 §18.2.2',
    level: 'SHALL',
    asks: 'The response to a request that came over a reliable transport goes over the connection it came on, whatever its Via names.',
    does: 'Sends an OPTIONS over TCP whose Via names a host where nobody is; expects the answer.',
    needs,
    users: 0,
    run: async (context) => {
      const peer = await stream(context);
      const response = await peer.request(options.replace('{localHost}:{localPort};branch={branch};rport', '192.0.2.9:5060;branch={branch}'));
      equal('the status', response.status, 200);
    },
  },
  {
    id: 'IM-1/rfc3261/18.3/garbage-on-a-stream',
    clause: 'RFC 3261 §18.3, §16.3 (1)',
    level: 'SHALL',
    asks: 'What is no SIP on a stream is not processed, and is no harm to others: the connection may be closed.',
    does: 'Sends octets that are no SIP between two OPTIONS; the second is answered or the connection closed, and another is served.',
    needs,
    users: 0,
    run: async (context) => {
      const peer = await stream(context);
      peer.sendOctets(`\0\xff garbage ${'x'.repeat(500)}\r\n\r\n`);
      const answer = await unlessSilent(unlessClosed(peer.request(options).then(({ status }) => status)));
      check(answer === undefined || answer === 200 || answer >= 400, `the status behind the garbage is ${answer}`);
      await servesOthers(context);
    },
  },
  {
    id: 'IM-1/rfc3261/18.3/stream-without-content-length',
    clause: 'RFC 3261 §18.3, §20.14',
    level: 'MAY',
    asks: 'A message without Content-Length has no end on a stream: it is taken as one without a body, refused, or ends the connection.',
    does: 'Sends an OPTIONS without Content-Length over TCP; looks for an answer or the end of the connection, and that others are served.',
    needs,
    users: 0,
    run: async (context) => {
      const peer = await stream(context);
      await unlessClosed(peer.request(without(options, 'Content-Length:')));
      await servesOthers(context);
    },
  },
  {
    id: 'IM-1/rfc3261/21.5.7/oversize-message-refused',
    clause: 'RFC 3261 §21.4.11, §21.5.7',
    level: 'SHOULD',
    asks: 'A message larger than the target takes is refused with 413 or 513, or by the end of the connection, before all of it has come.',
    does: 'Announces a body of two gigabytes and sends some of it; expects a refusal or the end of the connection, and that others are served.',
    needs,
    users: 0,
    run: async (context) => {
      const peer = await stream(context);
      const announced = options.replace('Content-Length: 0', 'Content-Type: text/plain\n  Content-Length: 2000000000');
      peer.sendOctets(peer.written(announced));
      peer.sendOctets('x'.repeat(100_000));
      const answer = await unlessClosed(peer.expect('SIP/2.0 '));
      check(answer === undefined || [400, 413, 513].includes(answer.status ?? 0), `the status is ${answer?.status}, expected 413 or 513`);
      await servesOthers(context);
    },
  },
  {
    id: 'IM-1/rfc3261/18.3/half-message-holds-nobody',
    clause: 'RFC 3261 §18.3',
    level: 'SHALL',
    asks: 'A message that does not go on is not processed, and holds up no other connection.',
    does: 'Sends half of an OPTIONS; expects nothing to it, another connection served meanwhile, and an answer when the rest has come.',
    needs,
    users: 0,
    run: async (context) => {
      const peer = await stream(context);
      const text = peer.written(options);
      peer.sendOctets(text.slice(0, 60));
      await nothingComes(peer, 'the sender of half a message', shortWait(context));
      await servesOthers(context);
      peer.sendOctets(text.slice(60));
      equal('the Call-ID of what is answered', (await peer.expect('SIP/2.0 200')).header('Call-ID'), callIdOf(text));
    },
  },
  {
    id: 'IM-1/rfc5626/7/closed-connection-no-delivery',
    clause: 'RFC 5626 §7, §5.3.1, RFC 3261 §16.9',
    level: 'SHALL',
    asks: 'A MESSAGE to a client whose connection is closed, and who cannot be reached otherwise, is not delivered and not answered 200.',
    does: 'Registers over a connection with a Contact nobody can resolve, closes it, sends a MESSAGE; expects 430, 480 or 202 of a store.',
    needs: [...needs, 'registrar', 'pager', 'outbound'],
    users: 2,
    run: async (context) => {
      const [from, to] = context.users;
      const alice = await registered(context, from!);
      const bob = await registered(context, to!, 'tcp', ';+sip.instance="<urn:uuid:00000000-0000-1000-8000-000a95a0e128>";reg-id=1');
      await bob.close();
      const { status = 0 } = await alice.request(message, { recipient: to!.aor });
      const refused = [430, 480, 404, 410, 500].includes(status) || (context.has('deferred') && status === 202);
      check(refused, `the status is ${status}, expected 430 or 480`);
    },
  },
];
