// Deterministic MSRP streams: the same octets on every machine.
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const TO = 'msrp://127.0.0.1:7001/bobsess01;tcp';
const FROM = 'msrp://127.0.0.1:9999/alicesess1;tcp';
const MIB = 1024 * 1024;

/** Marsaglia's xorshift with the shifts 13, 17, 5. */
function generator(seed) {
  let state = seed;
  return () => {
    state = (state ^ (state << 13)) >>> 0;
    state = (state ^ (state >>> 17)) >>> 0;
    state = (state ^ (state << 5)) >>> 0;
    return state;
  };
}

function source(seed) {
  const random = generator(seed);
  const word = (length) => Array.from({ length }, () => ALPHABET[random() % ALPHABET.length]).join('');
  const octets = (length) => Buffer.from(Uint32Array.from({ length: length / 4 }, random).buffer);
  const send = ({ messageId = word(12), start = 1, end, total, type, body, flag = '$' }) => {
    const id = word(10);
    const head = [
      `MSRP ${id} SEND`,
      `To-Path: ${TO}`,
      `From-Path: ${FROM}`,
      `Message-ID: ${messageId}`,
      `Byte-Range: ${start}-${end}/${total}`,
      `Content-Type: ${type}`,
    ];
    return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body, Buffer.from(`\r\n-------${id}${flag}\r\n`)]);
  };
  return { word, octets, send };
}

export function cut(stream, size) {
  const parts = [];
  for (let at = 0; at < stream.length; at += size) parts.push(stream.subarray(at, at + size));
  return parts;
}

/** Reads of one binary chunk whose body is `times` 64 KiB, the same octets each time: the caches see no difference. */
export function repeatedBody(times, read) {
  const { octets, send } = source(5);
  const frame = send({ end: '*', total: '*', type: 'application/octet-stream', body: octets(0) });
  const body = cut(octets(65_536), read);
  const blank = frame.indexOf('\r\n\r\n') + 4;
  return [frame.subarray(0, blank), ...Array.from({ length: times }, () => body).flat(), frame.subarray(blank)];
}

/** Reads of the same 64 KiB chunk `times` times. */
export function repeatedChunk(times, read) {
  const { octets, send } = source(6);
  const frame = cut(send({ end: '*', total: '*', type: 'application/octet-stream', body: octets(65_536) }), read);
  return Array.from({ length: times }, () => frame).flat();
}

/** A hundred octets of text in CPIM, one message a chunk. */
export function smallCpim(frames = 8000) {
  const { word, send } = source(1);
  const cpim = [
    'From: <sip:alice@example.com>',
    'To: <sip:bob@example.com>',
    'DateTime: 2026-01-01T00:00:00Z',
    '',
    'Content-Type: text/plain;charset=UTF-8',
    '',
    '',
  ];
  const one = () => {
    const body = Buffer.from(cpim.join('\r\n') + word(100));
    return send({ end: body.length, total: body.length, type: 'message/cpim', body });
  };
  return Buffer.concat(Array.from({ length: frames }, one));
}

/** Messages of 2 KiB of text, one chunk each. */
export function chunks2k(frames = 2500) {
  const { word, send } = source(2);
  const one = () => send({ end: 2048, total: 2048, type: 'text/plain', body: Buffer.from(word(2048)) });
  return Buffer.concat(Array.from({ length: frames }, one));
}

/** A binary file in chunks of `chunk` octets. */
export function fileInChunks(size = 10 * MIB, chunk = 65_536) {
  const { word, octets, send } = source(3);
  const messageId = word(12);
  const file = octets(size);
  const frames = [];
  for (let at = 0; at < size; at += chunk) {
    const end = Math.min(size, at + chunk);
    const flag = end === size ? '$' : '+';
    frames.push(send({ messageId, start: at + 1, end, total: size, type: 'application/octet-stream', body: file.subarray(at, end), flag }));
  }
  return Buffer.concat(frames);
}

/** A binary file in one chunk. */
export function oneChunk(size = 10 * MIB) {
  const { octets, send } = source(4);
  return send({ end: '*', total: size, type: 'application/octet-stream', body: octets(size) });
}
