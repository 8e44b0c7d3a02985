import { createSocket } from 'node:dgram';
import type { NaptrRecord, SrvRecord } from '@simple-im/transport';

/** One record of the table; `ttl` in seconds. */
export type DnsRecord =
  | { readonly type: 'A' | 'AAAA'; readonly address: readonly number[]; readonly ttl?: number }
  | ({ readonly type: 'SRV' } & SrvRecord)
  | ({ readonly type: 'NAPTR' } & NaptrRecord);

/** What becomes of a question: records, a response code, an answer that is no answer, or none. */
export type DnsAnswer = readonly DnsRecord[] | { readonly rcode: number } | 'truncated' | 'garbage' | 'silence' | 'count lies';

const TYPES = { A: 1, AAAA: 28, SRV: 33, NAPTR: 35 } as const;
const NXDOMAIN = 3;

/** A name server on loopback that answers from a table by `A host.example.com`; what is not there does not exist. */
export class DnsServer {
  readonly table: Map<string, DnsAnswer>;
  readonly questions: string[] = [];
  readonly #socket = createSocket('udp4');

  constructor(table: Readonly<Record<string, DnsAnswer>>) {
    this.table = new Map(Object.entries(table));
    this.#socket.on('message', (query, from) => {
      const answer = this.#answer(query);
      if (answer !== undefined) this.#socket.send(answer, from.port, from.address);
    });
  }

  /** Resolves with `host:port`. */
  listen(): Promise<string> {
    return new Promise((resolve) => {
      this.#socket.bind(0, '127.0.0.1', () => resolve(`127.0.0.1:${this.#socket.address().port}`));
    });
  }

  close(): void {
    this.#socket.close();
  }

  #answer(query: Buffer): Buffer | undefined {
    const { name, end } = readName(query, 12);
    const type = query.readUInt16BE(end);
    const question = `${Object.entries(TYPES).find(([, code]) => code === type)?.[0]} ${name.toLowerCase()}`;
    this.questions.push(question);
    const answer = this.table.get(question) ?? { rcode: NXDOMAIN };
    if (answer === 'silence') return undefined;
    if (answer === 'garbage') return Buffer.concat([query.subarray(0, 2), Buffer.from([0x81, 0x80, 0xff, 0xff, 0xff])]);
    const asked = query.subarray(12, end + 4);
    if (answer === 'truncated') return Buffer.concat([header(query, 0x8780, 0), asked]);
    if (answer === 'count lies') return Buffer.concat([header(query, 0x8580, 9), asked]);
    if ('rcode' in answer) return Buffer.concat([header(query, 0x8580 | answer.rcode, 0), asked]);
    return Buffer.concat([header(query, 0x8580, answer.length), asked, ...answer.map(record)]);
  }
}

function header(query: Buffer, flags: number, answers: number): Buffer {
  return Buffer.concat([query.subarray(0, 2), u16(flags), u16(1), u16(answers), u16(0), u16(0)]);
}

function record(one: DnsRecord): Buffer {
  const data = dataOf(one);
  const ttl = 'ttl' in one && one.ttl !== undefined ? one.ttl : 60;
  // The owner is the name of the question: a pointer to it (RFC 1035 §4.1.4).
  return Buffer.concat([u16(0xc00c), u16(TYPES[one.type]), u16(1), u16(ttl >>> 16), u16(ttl & 0xffff), u16(data.length), data]);
}

function dataOf(one: DnsRecord): Buffer {
  if (one.type === 'SRV') return Buffer.concat([u16(one.priority), u16(one.weight), u16(one.port), wireName(one.target)]);
  if (one.type !== 'NAPTR') return Buffer.from(one.address);
  const texts = [one.flags, one.service, one.regexp].map((text) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text,
    'latin1')]));
  return Buffer.concat([u16(one.order), u16(one.preference), ...texts, wireName(one.replacement)]);
}

function wireName(name: string): Buffer {
  const labels = name.split('.').filter((label) => label !== '');
  return Buffer.concat([...labels.map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])), Buffer.from([0])]);
}

function readName(message: Buffer, at: number): { name: string; end: number } {
  const labels: string[] = [];
  let end = at;
  for (let length = message[end] as number; length > 0; length = message[end] as number) {
    labels.push(message.toString('latin1', end + 1, end + 1 + length));
    end += 1 + length;
  }
  return { name: labels.join('.'), end: end + 1 };
}

function u16(value: number): Buffer {
  return Buffer.from([value >>> 8, value & 0xff]);
}
