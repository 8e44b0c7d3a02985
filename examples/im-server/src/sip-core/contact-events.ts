/*
 * What became of the contacts of an address-of-record: the state machine of RFC 3680 §4.7.1, read off the bindings before and after.
 */
import { createHash } from 'node:crypto';
import { parseUri, uriEquals } from '@simple-im/grammar';
import type { Binding } from './location.js';

/** What ends the state `active`. */
export type TerminatingEvent = 'expired' | 'deactivated' | 'probation' | 'unregistered' | 'rejected';

/** One transition of one contact. */
export interface ContactChange {
  readonly binding: Binding;
  readonly event: NonNullable<Binding['event']> | TerminatingEvent;
  /** Milliseconds of the wall clock. */
  readonly at: number;
  /** Seconds; with `probation`. */
  readonly retryAfter?: number;
}

/** Tells of transitions; `bindings` are those that are left. */
export type ContactListener = (aor: string, changes: readonly ContactChange[], bindings: readonly Binding[]) => void;

/** Why bindings that had not expired are gone, and the REGISTER that took them away, if one did. */
export interface Removal {
  readonly event: TerminatingEvent;
  readonly retryAfter?: number;
  readonly callId?: string;
  readonly cseq?: number;
}

const BY_REGISTER: Removal = { event: 'unregistered' };

/**
 * A binding with what registration information says of it: a new one begins now, one that goes on keeps its name and age.
 * Where a flow (RFC 5626) comes with another URI it is another contact (RFC 3680 §5.1, `id`).
 */
export function tracked(made: Binding, existing: Binding | undefined, now: number): Binding {
  const goesOn = existing !== undefined && uriEquals(parseUri(existing.contact), parseUri(made.contact));
  if (!goesOn) return { ...made, id: newId(made), since: now, event: 'registered' };
  return { ...made, id: contactId(existing), event: 'refreshed', ...(existing.since === undefined ? {} : { since: existing.since }) };
}

/** The `id` of a contact in registration information. */
export function contactId(binding: Binding): string {
  return binding.id ?? newId(binding);
}

/** `before` with expired ones of which nobody has been told. */
export function changesOf(before: readonly Binding[], after: readonly Binding[], now: number, removal = BY_REGISTER): ContactChange[] {
  const kept = new Set(after.map(contactId));
  const gone = before.filter((binding) => !kept.has(contactId(binding)));
  const untouched = new Set(before.map((binding) => JSON.stringify(binding)));
  return [
    ...gone.map((binding) => terminated(binding, now, removal)),
    ...after.filter((binding) => !untouched.has(JSON.stringify(binding)))
      .map((binding): ContactChange => ({ binding, event: binding.event ?? 'registered', at: now })),
  ];
}

function terminated(binding: Binding, now: number, { event, retryAfter, callId, cseq }: Removal): ContactChange {
  if (binding.expiresAt <= now) return { binding, event: 'expired', at: binding.expiresAt };
  const last = { ...binding, ...(callId === undefined ? {} : { callId }), ...(cseq === undefined ? {} : { cseq }) };
  return { binding: last, event, at: now, ...(retryAfter === undefined ? {} : { retryAfter }) };
}

/** §5.1 advises a hash over the URI; two flows of one device may have the same one (RFC 5626 §4.2). */
function newId({ contact, instance = '', regId = '' }: Binding): string {
  return createHash('sha256').update(`${contact} ${instance} ${regId}`).digest('base64url').slice(0, 16);
}
