/* A watcher on a fake network, beside the core alone. */
import { UserAgent } from '@simple-im/sip';
import { nodeHash } from '@simple-im/transport/node';
import { coreWith, peerOf, type Peer, type TestCore, type TestCoreOptions } from '../sip-core/support.js';
import { RawWatcher } from './watcher.js';

export interface Watching {
  readonly on: TestCore;
  readonly peer: Peer;
  readonly watcher: RawWatcher;
}

export async function watching(name = 'alice', options: TestCoreOptions = {}, transport: 'UDP' | 'TCP' = 'UDP'): Promise<Watching> {
  const on = await coreWith(options);
  return { on, ...(await anotherOn(on, name, transport)) };
}

/** Another device; its user agent hears what comes to it. */
export async function anotherOn(on: TestCore, name: string, transport: 'UDP' | 'TCP' = 'UDP'): Promise<{ readonly peer: Peer; readonly watcher: RawWatcher }> {
  const peer = await peerOf(on, name, transport);
  const ua = new UserAgent({ endpoint: peer.endpoint, aor: `sip:${name}@example.com`, contact: peer.contact, outboundProxy: peer.target, hash: nodeHash });
  return { peer, watcher: new RawWatcher(ua) };
}
