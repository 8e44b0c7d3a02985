import { utf8 } from '@simple-im/grammar';
import { SipRequest, SipResponse } from '../src/index.js';
import type { InviteOptions, SipMessage, UaDialog, UaInvite, UserAgentOptions } from '../src/index.js';
import { World, type Host } from './helpers.js';

export const bob = 'sip:bob@192.0.2.2';
export const alice = 'sip:alice@192.0.2.1';

/** A body that counts as a session description; what it says matters to nobody here. */
export function sdp(text = 'v=0'): { contentType: string; body: Uint8Array } {
  return { contentType: 'application/sdp', body: utf8(text) };
}

export const EXTENSIONS = { supported: ['100rel', 'timer', 'replaces', 'norefersub'] };

/** Alice and Bob, who support all extensions unless told otherwise. */
export async function pair(ofA: Partial<UserAgentOptions> = EXTENSIONS, ofB: Partial<UserAgentOptions> = EXTENSIONS) {
  const world = new World();
  const a = await world.agent('alice', '192.0.2.1', ofA);
  const b = await world.agent('bob', '192.0.2.2', ofB);
  return { world, a, b };
}

export type Pair = Awaited<ReturnType<typeof pair>>;

/** An INVITE from Alice to Bob that Bob has and did not answer. */
export async function ringing(both: Pair, options: InviteOptions = {}) {
  let incoming: UaInvite | undefined;
  both.b.ua.handle('INVITE', (one) => void (incoming = one));
  const invite = both.a.ua.invite(bob, options);
  invite.answered.catch(() => undefined);
  await both.world.clock.settle();
  return { ...both, invite, incoming: incoming as UaInvite };
}

/** A session from Alice to Bob. */
export async function session(both?: Pair, options: InviteOptions = {}) {
  const call = await ringing(both ?? (await pair()), options);
  const accepted = call.incoming.accept();
  await call.world.clock.settle();
  const { dialog } = await call.invite.answered;
  call.invite.ack();
  await call.world.clock.settle();
  return { ...call, ours: dialog, theirs: await accepted };
}

/** What a host sent or received, as messages. */
export function messages(host: Host, direction: 'in' | 'out'): SipMessage[] {
  return host.wire.flatMap((event) => (event.direction === direction && event.message !== undefined ? [event.message] : []));
}

export function requests(host: Host, direction: 'in' | 'out', method?: string): SipRequest[] {
  const all = messages(host, direction).filter((one): one is SipRequest => one instanceof SipRequest);
  return all.filter((one) => method === undefined || one.method === method);
}

export function responses(host: Host, direction: 'in' | 'out', status?: number): SipResponse[] {
  const all = messages(host, direction).filter((one): one is SipResponse => one instanceof SipResponse);
  return all.filter((one) => status === undefined || one.status === status);
}

/** States that rows of a table lead to and that have no rows of their own, not even none. */
export function danglingStates({ states }: { readonly states: Rows }): string[] {
  const next = Object.values(states).flatMap((rows) => Object.values(rows ?? {}).map((row) => row.next));
  return next.filter((state) => !(state in states));
}

type Rows = Readonly<Record<string, Readonly<Record<string, { readonly next: string }>> | undefined>>;

export function ends(dialog: UaDialog): string[] {
  const seen: string[] = [];
  dialog.onTerminated = (end) => seen.push(end);
  return seen;
}
