import type { Upload } from '../../deferred/store.js';
import { serverError } from '../../errors.js';

interface Parts {
  readonly recipient: string;
  readonly pieces: Uint8Array[];
  size: number;
}

/** Bodies on their way into memory. */
export class MemoryUploads {
  /** Throws when there is no room; a negative number gives room back. */
  readonly #charge: (recipient: string, octets: number) => void;
  readonly #open = new Map<string, Parts>();

  constructor(charge: (recipient: string, octets: number) => void) {
    this.#charge = charge;
  }

  start(id: string, recipient: string): Upload {
    const parts: Parts = { recipient, pieces: [], size: 0 };
    this.#open.set(id, parts);
    return {
      id,
      write: async (bytes) => {
        if (!this.#open.has(id)) throw serverError('IM_STORE_FAILED', { detail: 'the upload has ended' });
        this.#charge(recipient, bytes.length);
        parts.pieces.push(bytes.slice());
        parts.size += bytes.length;
      },
      abort: async () => {
        if (this.#open.delete(id)) this.#charge(recipient, -parts.size);
      },
    };
  }

  /** The octets so far, which are charged to `recipient`. */
  sizeOf(id: string, recipient: string): number {
    const parts = this.#open.get(id);
    if (parts?.recipient !== recipient) throw serverError('IM_STORE_FAILED', { detail: 'no such upload for this recipient' });
    return parts.size;
  }

  /** The whole body. The upload has ended, and its octets are not charged any more. */
  take(id: string): Uint8Array {
    const { recipient, pieces, size } = this.#open.get(id) as Parts;
    this.#open.delete(id);
    this.#charge(recipient, -size);
    return new Uint8Array(Buffer.concat(pieces, size));
  }
}
