/*
 * After a restart the bindings are there and the IM server knows of none: the core tells it, as it did when they were made.
 */
import { buildRequest, newTag } from '@simple-im/sip';
import type { Clock, Random } from '@simple-im/transport';
import type { Im2Core, Im2Server } from './reference-points.js';
import type { Store } from './store/open.js';

export interface RestoreOptions {
  readonly store: Store;
  readonly core: Im2Core;
  readonly participating: Im2Server;
  readonly clock: Clock;
  readonly random: Random;
}

/** A third-party REGISTER for every user whose bindings outlived the process that made them (3GPP TS 24.229 §5.4.1.7). */
export async function restoreRegistrations({ store, clock, ...im2 }: RestoreOptions): Promise<void> {
  const now = clock.date().getTime();
  for (const { aor, until } of await store.registered()) {
    if (until > now) tellImServer(im2, aor, Math.ceil((until - now) / 1000));
  }
}

/** Tells the IM server that somebody will be registered for so many seconds; 0: nobody is any more. */
export function tellImServer({ core, participating, random }: Pick<RestoreOptions, 'core' | 'participating' | 'random'>, aor: string, expires: number): void {
  const imServer = core.contactUri('');
  const request = buildRequest({
    method: 'REGISTER',
    uri: imServer,
    from: `<${imServer}>;tag=${newTag(random)}`,
    to: `<${aor}>`,
    callId: newTag(random) + newTag(random),
    cseq: 1,
    headers: [['Expires', String(expires)]],
  });
  const outside = { sessionCase: undefined, servedUser: undefined, originalDialog: undefined, onCancelled: undefined };
  participating.receive({ request, ...outside, respond: () => {} });
}
