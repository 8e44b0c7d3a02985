/*
 * The Deferred Messaging Function put together.
 */
import { nodeClock, nodeHash, nodeRandom } from '@simple-im/transport/node';
import { OutboxFeed } from '../charging/outbox-feed.js';
import type { Config } from '../config.js';
import { CHARGING_TOPIC } from '../deferred/charging-note.js';
import type { Custody } from '../deferred/custody.js';
import { DeferredMessages } from '../deferred/deferred-messages.js';
import { Deliveries } from '../deferred/deliveries.js';
import { Dispositions } from '../deferred/disposition.js';
import { Expiry } from '../deferred/expiry.js';
import { MessagePush } from '../deferred/message-push.js';
import { DeferredRetrieval } from '../deferred/retrieval.js';
import { SessionMessages } from '../deferred/sessions/session-messages.js';
import { SessionPush } from '../deferred/sessions/session-push.js';
import type { Admission, Availability, Charging } from '../internal-ports.js';
import type { Im2Core } from '../reference-points.js';
import { isImServerAddress } from '../im-server-address.js';
import { DocumentService } from '../service-session/document-service.js';
import type { RetrievalService, SessionInviter } from '../session-ports.js';
import { NODE, type Parts } from './parts.js';

export interface DeferredParts extends Pick<Parts, 'log' | 'metrics'> {
  readonly core: Im2Core;
  readonly custody: Custody;
  readonly availability: Availability;
  readonly charging: Charging | undefined;
  readonly admission: Admission;
  /** By which what is stored is delivered in sessions. */
  readonly sessions: SessionInviter;
}

export interface DeferredFunction {
  readonly messages: DeferredMessages;
  readonly inSessions: SessionMessages;
  readonly deliveries: Deliveries;
  readonly retrieval: RetrievalService;
  /** To be called when requests can be sent. */
  start(): void;
  close(): Promise<void>;
}

/** Milliseconds that pushes under way may take to end. */
const PATIENCE = 1000;

export function assembleDeferred(config: Config, { core, custody, availability, charging, admission, sessions, log, metrics }: DeferredParts): DeferredFunction {
  const { domain, deferredExpires: lifetime, deferredPeers: peers } = config;
  const common = { custody, clock: nodeClock, log, metrics, charged: charging !== undefined };
  const dispositions = new Dispositions({ domain, lifetime, hash: nodeHash, isOwnAddress: (uri) => isImServerAddress(uri, domain) });
  const deliveries = new Deliveries({
    ...common, dispositions, availability, domain, store: custody.store, holder: NODE, inSession: new SessionPush({ sessions, log }),
    asMessage: new MessagePush({ core, domain, clock: nodeClock, random: nodeRandom }),
  });
  const responsibility = { domain, peers };
  const messages = new DeferredMessages({ ...common, dispositions, lifetime, queue: deliveries, responsibility });
  const inSessions = new SessionMessages({ messages, custody, responsibility, admission });
  const expiry = new Expiry({ ...common, dispositions });
  const feed = charging === undefined ? undefined : new OutboxFeed({ store: custody.store, topic: CHARGING_TOPIC, charging, clock: nodeClock, log });
  if (feed !== undefined) custody.listen({ noted: () => feed.wake() });
  return {
    messages, inSessions, deliveries,
    retrieval: new DocumentService(new DeferredRetrieval(common), log),
    start: () => {
      feed?.wake();
      expiry.start();
      deliveries.start();
    },
    close: async () => {
      expiry.close();
      feed?.close();
      await deliveries.close(PATIENCE);
    },
  };
}
