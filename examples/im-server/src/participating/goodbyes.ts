/*
 * The BYEs of a session, and when all of them are answered (RFC 3261 §15.1.1).
 */
import type { Dialog } from '@simple-im/sip';
import type { Im2Core } from '../reference-points.js';

export class Goodbyes {
  readonly #core: Im2Core;
  readonly #pending: Promise<void>[] = [];

  constructor(core: Im2Core) {
    this.#core = core;
  }

  /** Ends the dialog if it has not ended; `done` once that is known to the user, or cannot be. */
  say(dialog: Dialog | undefined, done?: () => void): void {
    if (dialog === undefined || dialog.state === 'terminated') return done?.();
    const bye = dialog.request('BYE');
    dialog.bye();
    this.#pending.push(new Promise((resolve) => {
      const over = (): void => {
        resolve();
        done?.();
      };
      this.#core.request(bye, undefined, { response: (response) => { if (response.status >= 200) over(); }, failed: over });
    }));
  }

  /** A BYE that cannot be sent yet; `say` calls back when it is answered. */
  later(say: (done: () => void) => void): void {
    this.#pending.push(new Promise((resolve) => say(resolve)));
  }

  /** Resolves when every BYE so far has its answer. */
  async answered(): Promise<void> {
    await Promise.all(this.#pending);
  }
}
