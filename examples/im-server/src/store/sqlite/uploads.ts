import type { Upload } from '../../deferred/store.js';
import { serverError } from '../../errors.js';
import { PIECE_OCTETS } from '../limits.js';
import type { SqliteDatabase } from './database.js';

interface Begun {
  readonly recipient: string;
  /** What does not make a whole piece yet; grows with what comes, as most bodies are small. */
  piece: Uint8Array;
  /** How much of it is filled. */
  filled: number;
  /** Whole pieces that are on the disk. */
  written: number;
}

const LEAST_OCTETS = 4096;

/** Bodies on their way to the disk: whole pieces are written, what is left goes with the commit of their item. */
export class SqliteUploads {
  readonly #database: SqliteDatabase;
  readonly #owner: string;
  readonly #begun = new Map<string, Begun>();

  /** `owner`: whose operations write and abort. */
  constructor(database: SqliteDatabase, owner: 'deferred' | 'history') {
    this.#database = database;
    this.#owner = owner;
  }

  start(id: string, recipient: string): Upload {
    const begun: Begun = { recipient, piece: new Uint8Array(0), filled: 0, written: 0 };
    this.#begun.set(id, begun);
    return {
      id,
      write: async (bytes) => {
        if (!this.#begun.has(id)) throw serverError('IM_STORE_FAILED', { detail: 'the upload has ended' });
        await this.#write(id, begun, bytes);
      },
      abort: async () => {
        if (this.#begun.delete(id) && begun.written > 0) await this.#database.run(`${this.#owner}.abort`, id);
      },
    };
  }

  /** What the commit of an item needs: a body that fits into one piece whole, or what comes after the pieces that are written. */
  lastOf(id: string, recipient: string): { readonly isUpload: boolean; readonly body: Uint8Array } {
    const begun = this.#begun.get(id);
    if (begun?.recipient !== recipient) throw serverError('IM_STORE_FAILED', { detail: 'no such upload for this recipient' });
    return { isUpload: begun.written > 0, body: begun.piece.slice(0, begun.filled) };
  }

  /** Its item is committed. */
  end(id: string): void {
    this.#begun.delete(id);
  }

  async #write(id: string, begun: Begun, bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      // A full piece waits for what follows: a body of exactly one needs no rows of its own.
      if (begun.filled === PIECE_OCTETS) await this.#writePiece(id, begun);
      const taken = bytes.subarray(at, at + PIECE_OCTETS - begun.filled);
      begun.piece = grown(begun.piece, begun.filled + taken.length);
      begun.piece.set(taken, begun.filled);
      begun.filled += taken.length;
      at += taken.length;
    }
  }

  async #writePiece(id: string, begun: Begun): Promise<void> {
    await this.#database.runPiece(`${this.#owner}.write`, id, begun.recipient, begun.piece);
    begun.written += 1;
    begun.filled = 0;
  }
}

/** At least doubled where it has to grow. */
function grown(piece: Uint8Array, needed: number): Uint8Array {
  if (needed <= piece.length) return piece;
  const larger = new Uint8Array(Math.min(PIECE_OCTETS, Math.max(needed, 2 * piece.length, LEAST_OCTETS)));
  larger.set(piece);
  return larger;
}
