/*
 * What the outbox holds for charging: written in the commit that it tells of.
 */
import type { ChargingEvent } from '../internal-ports.js';
import type { OutboxEvent } from './store.js';

export const CHARGING_TOPIC = 'charging';

type Noted = Pick<ChargingEvent, 'kind' | 'mode' | 'sender' | 'recipient' | 'messageId' | 'size'>;

/** `at`: milliseconds since 1970. */
export function chargingNote(what: ChargingEvent['what'], { kind, mode, sender, recipient, messageId, size }: Noted, at: number): OutboxEvent {
  const payload: ChargingEvent = { what, kind, mode, sender, recipient, messageId, size, at };
  return { topic: CHARGING_TOPIC, payload };
}
