/*
 * A few figures of the machine one sits at; docs/performance.md has the ones to compare by.
 */
import { establish, next, type Player } from './conversation.js';

export interface Figure {
  readonly name: string;
  readonly value: string;
}

const PAGES = 200;
const MESSAGES = 1000;
const LARGE = 16;
const LARGE_OCTETS = 1_000_000;

export async function measure(host: Player, guest: Player): Promise<readonly Figure[]> {
  return [await pages(host, guest), ...(await session(host, guest))];
}

async function pages(host: Player, guest: Player): Promise<Figure> {
  const start = performance.now();
  for (let count = 0; count < PAGES; count++) {
    await host.client.send(guest.aor, `page ${count}`);
    await next(guest.client.messages);
  }
  return { name: 'pager messages, one after the other', value: `${((performance.now() - start) / PAGES).toFixed(2)} ms each` };
}

async function session(host: Player, guest: Player): Promise<readonly Figure[]> {
  const start = performance.now();
  const [hosted, joined] = await establish(host, guest);
  const up = performance.now();
  const arrived = take(joined.messages, MESSAGES);
  await Promise.all(Array.from({ length: MESSAGES }, (_, count) => hosted.send(`message ${count}`)));
  await arrived;
  const small = performance.now();
  const body = new Uint8Array(LARGE_OCTETS).fill(0x61);
  for (let count = 0; count < LARGE; count++) await Promise.all([take(joined.messages, 1), hosted.send(body)]);
  const large = performance.now();
  await hosted.leave();
  return [
    { name: 'a session set up, MSRP connections included', value: `${(up - start).toFixed(1)} ms` },
    { name: `${MESSAGES} messages in it`, value: `${Math.round(MESSAGES / ((small - up) / 1000))} messages/s` },
    { name: `${LARGE} messages of ${LARGE_OCTETS / 1_000_000} MB`, value: `${Math.round((LARGE * LARGE_OCTETS) / ((large - small) * 1000))} MB/s` },
  ];
}

async function take(items: AsyncIterable<unknown>, count: number): Promise<void> {
  for (let taken = 0; taken < count; taken++) await next(items);
}
