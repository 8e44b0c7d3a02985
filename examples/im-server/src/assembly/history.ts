/*
 * Conversation history put together.
 */
import { textToByteString, utf8 } from '@simple-im/grammar';
import { nodeClock } from '@simple-im/transport/node';
import type { Config } from '../config.js';
import { HistoryRecorder } from '../history/recorder.js';
import { HistoryRetrieval } from '../history/retrieval.js';
import { ConversationRules } from '../history/rules.js';
import type { HistoryStore } from '../history/store.js';
import type { Deferral, Settings } from '../internal-ports.js';
import { DocumentService } from '../service-session/document-service.js';
import type { Recording, RetrievalService } from '../session-ports.js';
import { SYSTEM } from '../system-messages/system-messages.js';
import type { Parts } from './parts.js';

export interface HistoryParts extends Pick<Parts, 'log' | 'metrics'> {
  readonly store: HistoryStore;
  readonly settings: Settings;
  /** By which users are told; without it the log is. */
  readonly deferral: Deferral | undefined;
}

export interface HistoryFunction {
  readonly recording: Recording;
  readonly retrieval: RetrievalService;
}

/** Rejects with what the store says. */
export async function assembleHistory({ domain, historyQuota: quota }: Config, { store, settings, deferral, log, metrics }: HistoryParts): Promise<HistoryFunction> {
  const rules = new ConversationRules(store);
  await rules.load();
  const notice = async (user: string, text: string): Promise<void> => {
    if (deferral === undefined) return log.info({ user }, text);
    await deferral.accept(systemMessage(domain, user, text));
  };
  return {
    recording: new HistoryRecorder({ store, settings, rules, domain, quota, notice, clock: nodeClock, log, metrics }),
    retrieval: new DocumentService(new HistoryRetrieval(store, rules), log),
  };
}

/** A word of the server to one of its users. */
function systemMessage(domain: string, user: string, text: string): Parameters<Deferral['accept']>[0] {
  const sender = `sip:${SYSTEM}@${domain}`;
  return {
    mode: 'pager', recipient: user, sender, from: `<${sender}>`, to: textToByteString(`<${user}>`), contentType: 'text/plain;charset=utf-8', headers: [],
    expiresAt: undefined, body: utf8(text), held: false, attempted: false,
  };
}
