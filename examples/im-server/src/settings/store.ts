import type { PublicationStore } from '@simple-im/sip-events';

/** Published settings; what it has taken outlives the process, if the store is one that keeps anything. */
export type SettingsStore = PublicationStore;
