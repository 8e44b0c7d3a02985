import { everySplit, mutations, pieces, rng, valueOrProtocolError, vectors } from '@simple-im/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byteString } from '@simple-im/grammar';
import { MsrpDecoder } from '../src/index.js';
import { ALICE, BOB, decode, octets, plain, sendText } from './frames.js';

const examples = vectors(new URL('vectors/rfc4975/', import.meta.url), '.msrp');

function decodeSplit(text: string): ReturnType<typeof decode> {
  everySplit(octets(text), (parts) => plain(decode(parts)));
  return decode([octets(text)]);
}

function bodies(text: string): string[] {
  return decodeSplit(text).map(({ body }) => body);
}

describe('the examples of RFC 4975 §11', () => {
  it.each(examples)('decodes $name however it is cut', ({ bytes }) => {
    const text = byteString(bytes);
    const [frame, ...more] = decodeSplit(text);
    expect(more).toEqual([]);
    expect(frame.refused).toBeUndefined();
    expect(`MSRP ${frame.head.transactionId}`).toBe(text.slice(0, 5 + frame.head.transactionId.length));
    const [head, body] = frame.head.hasBody ? [text.indexOf('\r\n\r\n') + 2, `\r\n${frame.body}\r\n`] : [text.lastIndexOf('-------'), ''];
    const fields = frame.head.fields.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    expect(text).toBe(`${text.slice(0, text.indexOf('\n') + 1)}${fields}${text.slice(head, head + body.length)}-------${frame.head.transactionId}${frame.flag}\r\n`);
    expect(text.slice(head, head + body.length)).toBe(body);
  });

  it('reads all of them from one stream', () => {
    const stream = examples.map(({ bytes }) => byteString(bytes)).join('');
    expect(decode([octets(stream)]).map(({ head, flag }) => `${head.method ?? head.status} ${flag}`)).toEqual([
      'SEND $', '200 $', 'SEND $', '200 $', 'SEND $', 'SEND +', 'SEND $', 'SEND $', 'REPORT $', 'SEND $',
    ]);
  });

  it('reads the typed values of a REPORT (§11.6)', () => {
    const [{ head }] = decode(examples.filter(({ name }) => name === '11.6-report.msrp').map(({ bytes }) => bytes));
    expect(head).toMatchObject({
      transactionId: 'dkei38sd',
      method: 'REPORT',
      status: undefined,
      toPath: [ALICE],
      fromPath: [BOB],
      messageId: '12339sdqwer',
      byteRange: { start: 1, end: 106, total: 106 },
      statusHeader: { namespace: '000', code: 200, comment: 'OK' },
      hasBody: false,
    });
  });
});

describe('the end-line (RFC 4975 §7.1)', () => {
  const lookalikes = [
    '-------d93kswow$', '\r\n-------d93kswow', '\r\n-------d93kswow$', '\r\n-------d93kswow$\r', '\r\n-------d93kswow*\r\n', '\r\n-------d93kswo+\r\n',
    '\r\n-------d93kswow+\n', '\n-------d93kswow#\r\n', '\r\n------d93kswow$\r\n', '\r\n--------d93kswow$\r\n', '\r\n-------d93kswow$\r\r\n', '\r', '\r\n', '\r\r\n',
  ];

  it.each(lookalikes)('takes %j for body', (body) => {
    expect(bodies(sendText(`${body}b`))).toEqual([`${body}b`]);
    // With the CRLF of the true end-line behind it, one that ends with its flag is an end-line.
    if (!body.endsWith('$')) expect(bodies(sendText(`a${body}`))).toEqual([`a${body}`]);
  });

  it.each(['$', '+', '#'])('gives the flag %s', (flag) => {
    expect(decodeSplit(sendText('Hi', { flag }))[0].flag).toBe(flag);
  });

  it('takes an empty body, with the CRLF of its own or without', () => {
    const text = sendText('');
    expect(decodeSplit(text + text.replace('\r\n\r\n\r\n', '\r\n\r\n') + text)).toMatchObject([{ body: '', flag: '$' }, { body: '', flag: '$' }, { body: '', flag: '$' }]);
  });

  it('follows the headers at once where there is no body', () => {
    const text = sendText('').replace(/Content-Type.*\r\n\r\n\r\n/, '');
    expect(decodeSplit(text + sendText('x')).map(({ head, body }) => [head.hasBody, body])).toEqual([[false, ''], [true, 'x']]);
  });

  it('is not counted from Byte-Range', () => {
    expect(bodies(sendText('much more', { range: '1-2/2' }) + sendText('less', { range: '1-2000/2000' }))).toEqual(['much more', 'less']);
  });

  it('may be followed by stray CRLFs', () => {
    expect(bodies(`\r\n${sendText('a')}\r\n\r\n${sendText('b')}\r\n`)).toEqual(['a', 'b']);
  });
});

describe('bodies', () => {
  it('are views on the input', () => {
    const input = octets(sendText('body'));
    const decoder = new MsrpDecoder();
    decoder.receive(input);
    decoder.next();
    const event = decoder.next();
    expect(event).toMatchObject({ type: 'body', offset: 0 });
    expect(event?.type === 'body' && event.bytes.buffer === input.buffer).toBe(true);
  });

  it('hold every octet', () => {
    const every = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join('');
    expect(bodies(sendText(every + every))).toEqual([every + every]);
  });

  it('are handed on before the frame ends', () => {
    const text = sendText('first part, ').slice(0, -19);
    expect(decode([octets(text)])).toMatchObject([{ body: 'first part, ' }]);
    expect(decode([octets(text)])[0].flag).toBeUndefined();
  });

  it('survive a reader that pauses between events', () => {
    const decoder = new MsrpDecoder();
    const text = sendText('a') + sendText('b');
    const types: string[] = [];
    for (let at = 0; at < text.length; at += 100) {
      decoder.receive(octets(text.slice(at, at + 100)));
      const event = decoder.next();
      if (event !== undefined) types.push(event.type);
    }
    for (let event = decoder.next(); event !== undefined; event = decoder.next()) types.push(event.type);
    expect(types.filter((type) => type !== 'body')).toEqual(['head', 'end', 'head', 'end']);
    expect(decoder.betweenFrames).toBe(true);
  });
});

describe('a frame that RFC 4975 §9 does not allow', () => {
  it.each(vectors(new URL('vectors/refused/', import.meta.url), '.msrp'))('is refused and consumed: $name', ({ name, bytes }) => {
    const frames = decodeSplit(byteString(bytes) + sendText('next'));
    expect(frames.map(({ refused }) => refused)).toEqual([name.split('.')[0], undefined]);
    expect(frames[1]).toMatchObject({ body: 'next', flag: '$' });
  });

  it('is answered with 400 where its From-Path could be read', () => {
    const [{ head }] = decode([octets(sendText('Hi', { range: 'all' }))]);
    expect(head).toMatchObject({ transactionId: 'd93kswow', method: 'SEND', toPath: [BOB], fromPath: [ALICE], byteRange: undefined, messageId: '12339sdqwer' });
  });
});

describe('a stream that is not MSRP', () => {
  it.each(['HTTP/1.1 200 OK\r\n', 'msrp d93kswow SEND\r\n', 'MSRP d93kswow\r\n', 'MSRP  SEND\r\n', `MSRP ${'a'.repeat(65)} SEND\r\n`, 'MSRP \x01abc SEND\r\n'])('throws once and is dead: %j', (text) => {
    expect(() => everySplit(octets(text), (parts) => plain(decode(parts)))).toThrow(expect.objectContaining({ code: 'MSRP_NOT_MSRP' }));
    const decoder = new MsrpDecoder();
    decoder.receive(octets(text));
    expect(() => decoder.next()).toThrow();
    expect(decoder.next()).toBeUndefined();
    expect(() => decoder.receive(octets('M'))).toThrow(expect.objectContaining({ code: 'MSRP_STREAM_DEAD', fault: 'local' }));
  });

  it('is known at its first wrong octet', () => {
    expect(() => decode([octets('MSRQ')])).toThrow(expect.objectContaining({ code: 'MSRP_NOT_MSRP' }));
  });
});

describe('limits', () => {
  const start = 'MSRP d93kswow SEND\r\n';
  const text = sendText('Hi');
  const head = text.indexOf('\r\n\r\n') + 2;

  it('ends a stream whose start line is too long', () => {
    const run = (limit: number) => () => everySplit(octets(text), (parts) => plain(decode(parts, { maxStartLine: limit })));
    expect(run(start.length)).not.toThrow();
    expect(run(start.length - 1)).toThrow(expect.objectContaining({ code: 'MSRP_START_LINE_TOO_LONG' }));
  });

  it.each([
    ['maxHead', head, 'MSRP_HEAD_TOO_LARGE'],
    ['maxHeaders', 5, 'MSRP_TOO_MANY_HEADERS'],
  ])('refuses a frame beyond %s and goes on', (name, enough, code) => {
    const run = (limit: number): unknown[] => {
      const stream = octets(text + text.replace(/Content-Type.*\r\n\r\nHi\r\n/, ''));
      everySplit(stream, (parts) => plain(decode(parts, { [name]: limit })));
      return decode([stream], { [name]: limit }).map((frame) => frame.refused ?? frame.body);
    };
    expect(run(enough)).toEqual(['Hi', '']);
    expect(run(enough - 1)).toEqual([code, '']);
  });

  it('refuses a frame with too many URIs in a path, by either lane', () => {
    const two = text.replace(BOB, `${BOB} ${BOB}`);
    for (const each of [two, two.replace('To-Path', 'to-path')]) {
      expect(decode([octets(each)], { maxPathUris: 2 })[0].refused).toBeUndefined();
      expect(decode([octets(each)], { maxPathUris: 1 })[0].refused).toBe('MSRP_PATH_TOO_LONG');
    }
  });

  it('keeps looking for the end-line behind a head that never ends', () => {
    const long = `${start}X: ${'a'.repeat(300)}\r\n`;
    const stream = octets(`${long}-------d93kswow$\r\n${text}`);
    for (const maxHead of [250, long.length - 3, long.length - 2, long.length - 1]) {
      everySplit(stream, (parts) => plain(decode(parts, { maxHead })));
      expect(decode([stream], { maxHead }).map((frame) => frame.refused ?? frame.body)).toEqual(['MSRP_HEAD_TOO_LARGE', 'Hi']);
    }
  });
});

describe('whatever arrives', () => {
  it('gives the same frames however it is cut, or a ProtocolError', () => {
    const samples = [...examples.map(({ bytes }) => bytes), octets(sendText('\r\n-------d93kswo\r\n') + sendText('x'))];
    fc.assert(
      fc.property(mutations(samples), fc.integer({ min: 1, max: 1000 }), (bytes, seed) => {
        const whole = valueOrProtocolError(() => plain(decode([bytes], { maxHead: 400 })));
        const cut = valueOrProtocolError(() => plain(decode(pieces(bytes, rng(seed).cuts(bytes.length, 20)), { maxHead: 400 })));
        const code = (outcome: typeof whole) => ('error' in outcome ? outcome.error.code : outcome.value);
        expect(code(cut)).toEqual(code(whole));
      }),
      { numRuns: 400 },
    );
  });

  it('is decoded as it was encoded', () => {
    const body = fc.oneof(fc.uint8Array({ maxLength: 60 }).map((bytes) => byteString(bytes)), fc.array(fc.constantFrom('\r', '\n', '-', '-------', 'd93k', 'sw', '$', '\r\n-------d93k')).map((parts) => parts.join('')));
    const frame = fc.record({ body, id: fc.constantFrom('d93kswow', 'd93k', 'a-b.c+d%e=f'), flag: fc.constantFrom('$', '+', '#') });
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 4 }), fc.integer({ min: 1, max: 1000 }), (frames, seed) => {
        const sent = frames.filter(({ body: text, id }) => !text.includes(`-------${id}`));
        const stream = octets(sent.map(({ body: text, ...rest }) => sendText(text, rest)).join(''));
        const got = decode(pieces(stream, rng(seed).cuts(stream.length, 30)));
        expect(got.map(({ head, body: text, flag }) => ({ body: text, id: head.transactionId, flag }))).toEqual(sent);
      }),
      { numRuns: 300 },
    );
  });
});
