/* Users who ask for what is stored for them, over real sockets. */
import { onTestFinished } from 'vitest';
import { utf8 } from '@simple-im/grammar';
import { ImClient, type ImClientOptions, type StoredMessage, type StoredMessages } from '@simple-im/im-client';
import { nodePlatform } from '@simple-im/transport/node';
import type { RunningServer } from '../src/index.js';
import { sipTarget, type TestUser } from './support.js';

const passwords: Readonly<Record<string, string>> = { alice: 'wonderland', bob: 'builder' };

/** A client of ours, not registered yet. */
export function clientOf(server: RunningServer, name: string, options: Partial<ImClientOptions> = {}): ImClient {
  const { host, port } = sipTarget(server, 'TCP').address;
  const client = new ImClient({
    platform: nodePlatform, aor: `sip:${name}@example.com`, password: passwords[name] ?? '', proxy: `sip:${host}:${port};transport=tcp`, ...options,
  });
  onTestFinished(() => client.close());
  return client;
}

/** Sends a MESSAGE; resolves with the status. */
export async function page(from: TestUser, to: string, text: string, headers: readonly [string, string][] = [], contentType = 'text/plain'): Promise<number> {
  return (await from.ua.request('MESSAGE', to, { contentType, body: utf8(text), headers })).status;
}

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const taken: T[] = [];
  for await (const item of items) taken.push(item);
  return taken;
}

export async function textsOf(stored: StoredMessages, options: Parameters<StoredMessages['fetch']>[0] = {}): Promise<(string | undefined)[]> {
  return (await all(stored.fetch(options))).map(({ text }: StoredMessage) => text);
}
