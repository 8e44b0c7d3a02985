import { setTimeout as pause } from 'node:timers/promises';
import type { ConformanceCase } from '../../case.js';
import { check, equal } from '../../expectation.js';
import { session } from '../preconditions.js';
import { unlessClosed } from '../steps.js';
import { bodiless, chunk, ident, octetsOf, paths, received, send, worksStill } from './frames.js';

export const framingCases: readonly ConformanceCase[] = [
  {
    id: 'IM-7/rfc4975/7.1/foreign-end-line-is-body',
    clause: 'RFC 4975 §7.1',
    level: 'SHALL',
    asks: 'Only seven hyphens, the transaction identifier of the request and a flag end it; whatever looks similar is body.',
    does: 'Sends a body with the end-line of another transaction, and with hyphens and its own identifier without a flag.',
    needs: ['registrar', 'session', 'media-path'],
    users: 2,
    run: async (context) => {
      const { callerMedia, calleeMedia } = await session(context);
      const tid = ident();
      const body = `one\r\n-------cAnotherId0815$\r\ntwo\r\n-------${tid}\r\n------${tid}$\r\n-------${tid}*\r\nthree`;
      callerMedia.send(send, { ...chunk(body), tid });
      equal('the body', (await received(calleeMedia)).body, body);
      await callerMedia.expectResponse(tid, 200);
    },
  },
  {
    id: 'IM-7/rfc4975/7.1/octet-by-octet',
    clause: 'RFC 4975 §7.1',
    level: 'SHALL',
    asks: 'A request ends with its end-line, however TCP cut it on the way.',
    does: 'Writes a SEND one octet at a time (each URI as one piece), compares what arrives.',
    needs: ['registrar', 'session', 'media-path'],
    users: 2,
    run: async (context) => {
      const { callerMedia, calleeMedia } = await session(context);
      const tid = ident();
      const frame = octetsOf(send, { ...paths(callerMedia), ...chunk('in\r\n------- pieces'), tid });
      // The URIs stay whole, so that whatever leads a session through another port may still find them.
      for (const octets of frame.match(/msrp:\/\/\S+|[^]/g) ?? []) {
        callerMedia.sendOctets(octets);
        await pause(1);
      }
      equal('the body', (await received(calleeMedia)).body, 'in\r\n------- pieces');
      await callerMedia.expectResponse(tid, 200);
    },
  },
  {
    id: 'IM-7/rfc4975/7.1/frames-in-one-segment',
    clause: 'RFC 4975 §7.1, §7.2',
    level: 'SHALL',
    asks: 'Requests that arrive together are all carried out, and each is answered.',
    does: 'Writes two messages and a SEND without a body at once, expects both messages in their order and three responses.',
    needs: ['registrar', 'session', 'media-path'],
    users: 2,
    run: async (context) => {
      const { callerMedia, calleeMedia } = await session(context);
      const way = paths(callerMedia);
      const tids = [ident(), ident(), ident()] as const;
      callerMedia.sendOctets(octetsOf(send, { ...way, ...chunk('first'), tid: tids[0] })
        + octetsOf(send, { ...way, ...chunk('second'), tid: tids[1] }) + octetsOf(bodiless, { ...way, tid: tids[2] }));
      equal('the first body', (await received(calleeMedia)).body, 'first');
      equal('the second body', (await received(calleeMedia)).body, 'second');
      const awaited = new Set<string>(tids);
      while (awaited.size > 0) {
        const response = await callerMedia.next('a response to each of three requests');
        check(awaited.delete(response.tid), `got "${response.startLine}", expected one response to each request`);
        equal('the status', response.status, 200);
      }
    },
  },
  {
    id: 'IM-7/rfc4975/7.1.1/binary-body-unchanged',
    clause: 'RFC 4975 §7.1.1',
    level: 'SHALL',
    asks: 'MSRP carries bodies unencoded: every octet may occur in them and arrives as it was sent.',
    does: 'Sends every octet there is, among them NUL, CR without LF and LF without CR, with line ends at both ends.',
    needs: ['registrar', 'session', 'media-path'],
    users: 2,
    run: async (context) => {
      const { callerMedia, calleeMedia } = await session(context);
      const every = String.fromCharCode(...Array(256).keys());
      const body = `\r\n\r${every}\n\r\r\n\0${every}\r\n`;
      const tid = callerMedia.send(send, chunk(body));
      equal('the body', (await received(calleeMedia)).body, body);
      await callerMedia.expectResponse(tid, 200);
    },
  },
  {
    id: 'IM-7/rfc4975/12/unknown-header-ignored',
    clause: 'RFC 4975 §12',
    level: 'SHALL',
    asks: 'A request with a header field that is not understood is carried out as if it were not there.',
    does: 'Sends a message with two header fields nobody knows; it arrives with To-Path and From-Path first and Content-Type last (§7.1).',
    needs: ['registrar', 'session', 'media-path'],
    users: 2,
    run: async (context) => {
      const { callerMedia, calleeMedia } = await session(context);
      const tid = callerMedia.send(send, chunk('unknown', { fields: 'X-Conformance-One: a: b, "c\r\nX-Conformance-Two: \xc3\xa9' }));
      const { body, first } = await received(calleeMedia);
      equal('the body', body, 'unknown');
      const names = fieldsOf(first.text).map((line) => line.split(':', 1)[0]?.toLowerCase());
      equal('the first header field', names[0], 'to-path');
      equal('the second header field', names[1], 'from-path');
      equal('the last header field', names.at(-1), 'content-type');
      await callerMedia.expectResponse(tid, 200);
    },
  },
  {
    id: 'IM-7/rfc4975/7.1/content-fields-kept',
    clause: 'RFC 4975 §7.1, §7.1.1, §7.3.1',
    level: 'MAY',
    asks: 'The MIME header fields of a message say how its body is to be taken, so they arrive with it.',
    does: 'Sends a message with Content-ID and Content-Disposition, expects both with their values.',
    needs: ['registrar', 'session', 'media-path'],
    users: 2,
    run: async (context) => {
      const { callerMedia, calleeMedia } = await session(context);
      const fields = ['Content-ID: <conformance@example.invalid>', 'Content-Disposition: attachment; filename="a b.txt"'];
      callerMedia.send(send, chunk('described', { fields: fields.join('\r\n') }));
      const { first } = await received(calleeMedia);
      const arrived = fieldsOf(first.text).filter((line) => /^Content-(ID|Disposition):/i.test(line));
      equal('the MIME header fields', arrived.sort().reverse().join('\n'), fields.join('\n'));
    },
  },
  {
    id: 'IM-7/rfc4975/10.2/malformed-byte-range-refused',
    clause: 'RFC 4975 §9, §10.2',
    level: 'SHOULD',
    asks: 'A request that does not follow the syntax is refused, with 400 for example, and not carried out.',
    does: 'Sends a SEND whose Byte-Range is no range; expects an error or the end of the connection, and only the next message to arrive.',
    needs: ['registrar', 'session', 'media-path'],
    users: 2,
    run: async (context) => {
      const { callerMedia, calleeMedia } = await session(context);
      const tid = callerMedia.send(send, chunk('unintelligible', { range: '1-x/14' }));
      await unlessClosed((async () => {
        const response = await callerMedia.next('a 400');
        const isRefused = response.tid === tid && (response.status ?? 0) >= 400;
        check(isRefused, `got "${response.startLine}", expected a 400 to transaction ${tid}`);
        await worksStill(callerMedia, calleeMedia);
      })());
    },
  },
  {
    id: 'IM-7/rfc4975/9/lower-case-method-refused',
    clause: 'RFC 4975 §9',
    level: 'SHOULD',
    asks: 'A method is written in capitals; a start line with another is malformed, and what follows it is no SEND.',
    does: 'Sends "send": it may be refused, ignored, or end the connection, but is neither answered 200 nor passed on.',
    needs: ['registrar', 'session', 'media-path'],
    users: 2,
    run: async (context) => {
      const { callerMedia, calleeMedia } = await session(context);
      const malformed = callerMedia.send(send.replace(' SEND', ' send'), chunk('small'));
      await unlessClosed((async () => {
        const tid = callerMedia.send(bodiless);
        const response = await callerMedia.next('a response');
        const answered = response.tid === malformed;
        check(!answered || (response.status ?? 0) >= 400, `got "${response.startLine}" to a malformed start line`);
        if (answered) await callerMedia.expectResponse(tid, 200);
        else equal('the transaction that was answered', response.tid, tid);
        await worksStill(callerMedia, calleeMedia);
      })());
    },
  },
  {
    id: 'IM-7/rfc4975/10.2/overlong-header-survived',
    clause: 'RFC 4975 §7.3, §10.2',
    level: 'SHALL',
    asks: 'A stranger with a header line that does not end is refused; others are served as before.',
    does: 'Sends 256 KiB of one header line; expects a refusal or the end of that connection, and 481 for a stranger on another one.',
    needs: ['msrp'],
    users: 0,
    run: async ({ msrpAtListener }) => {
      const peer = await msrpAtListener();
      const tid = peer.send(send, chunk('much', { fields: `X-Long: ${'a'.repeat(262_144)}` }));
      const response = await unlessClosed(peer.next('a refusal'));
      const isRefused = response === undefined || (response.tid === tid && (response.status ?? 0) >= 400);
      check(isRefused, `got "${response?.startLine}", expected a refusal`);
      const another = await msrpAtListener();
      await another.expectResponse(another.send(send, chunk('after')), 481);
    },
  },
];

function fieldsOf(frame: string): string[] {
  return (frame.split('\r\n\r\n', 1)[0] ?? '').split('\r\n').slice(1);
}
