/*
 * One message on its way into the histories of those who want it: small ones in one piece, large ones piece by piece while they arrive.
 */
import { concatBytes } from '@simple-im/grammar';
import type { MessageRecorder } from '../session-ports.js';
import { isRecordable } from './recordable.js';
import type { ConversationKey, HistoryHead, HistoryStore, HistoryUpload } from './store.js';

/** A history that a message goes to. */
export interface Copy {
  readonly head: HistoryHead;
  readonly conversation: ConversationKey;
}

export interface CopyHandlers {
  /** It is in the history. */
  recorded(copy: Copy): Promise<void>;
  /** It will not be. */
  failed(copy: Copy, error: unknown): Promise<void>;
}

/** The octets that are looked at before anything is stored: the head of a CPIM message is in them. */
const BEGINNING = 65_536;

/** A body as far as it is written for one copy. */
interface Written {
  readonly copy: Copy;
  readonly upload: HistoryUpload;
}

export class CopiesRecorder implements MessageRecorder {
  readonly #copies: readonly Copy[];
  readonly #contentType: string;
  readonly #store: HistoryStore;
  readonly #handlers: CopyHandlers;
  /** While the body is small. */
  #pieces: Uint8Array[] | undefined = [];
  #octets = 0;
  #uploads: readonly Written[] = [];

  constructor(copies: readonly Copy[], contentType: string, store: HistoryStore, handlers: CopyHandlers) {
    this.#copies = copies;
    this.#contentType = contentType;
    this.#store = store;
    this.#handlers = handlers;
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#pieces === undefined) return this.#upload(bytes);
    this.#pieces.push(bytes.slice());
    this.#octets += bytes.length;
    if (this.#octets <= BEGINNING) return;
    const beginning = concatBytes(this.#pieces);
    this.#pieces = undefined;
    if (!isRecordable(this.#contentType, beginning)) return;
    this.#uploads = await this.#each(this.#copies, async (copy) => ({ copy, upload: await this.#store.upload(copy.head.user) }));
    await this.#upload(beginning);
  }

  async commit(): Promise<void> {
    if (this.#pieces === undefined) {
      await this.#each(this.#uploads, ({ copy, upload }) => this.#add(copy, this.#store.add({ ...copy, upload: upload.id })));
      return;
    }
    const body = concatBytes(this.#pieces);
    this.#pieces = undefined;
    if (!isRecordable(this.#contentType, body)) return;
    await this.#each(this.#copies, (copy) => this.#add(copy, this.#store.add({ ...copy, body })));
  }

  async abort(): Promise<void> {
    const uploads = this.#uploads;
    this.#uploads = [];
    this.#pieces = undefined;
    for (const { upload } of uploads) await upload.abort();
  }

  /** The disk sets the pace; what one history has no room for still goes to the other. */
  async #upload(bytes: Uint8Array): Promise<void> {
    this.#uploads = await this.#each(this.#uploads, async (written) => {
      await written.upload.write(bytes);
      return written;
    });
  }

  async #add(copy: Copy, added: Promise<unknown>): Promise<void> {
    await added;
    await this.#handlers.recorded(copy);
  }

  /** Those for which it went well. */
  async #each<T extends Copy | Written, R>(all: readonly T[], step: (one: T) => Promise<R>): Promise<readonly R[]> {
    const done = await Promise.all(all.map(async (one) => {
      try {
        return [await step(one)];
      } catch (error) {
        if ('upload' in one) await one.upload.abort();
        await this.#handlers.failed('upload' in one ? one.copy : one, error);
        return [];
      }
    }));
    return done.flat();
  }
}
