/*
 * Encryption at rest: AES-256-GCM, a piece at a time. Each piece has a key of its own, HMAC-SHA-256 of the configured one over a random
 * salt, so that random nonces may be used for any number of pieces (NIST SP 800-38D §8.3 allows 2^32 for one key). What a piece belongs
 * to is authenticated with it, so that no row can stand in the place of another.
 *
 *   sealed = salt (16 octets) | nonce (12) | tag (16) | ciphertext
 */
import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto';
import { Refusal } from './refusals.mjs';

const SALT = 16;
const NONCE = 12;
const TAG = 16;

/** Without a key everything is stored as it is. */
export function sealing(key) {
  if (key === undefined) {
    return {
      seal: (octets) => octets,
      open: (octets) => octets,
      digest: (text) => createHash('sha256').update(text).digest().subarray(0, 16),
    };
  }
  const keyOf = (salt) => createHmac('sha256', key).update('seal').update(salt).digest();
  return {
    /** `place`: what the octets belong to; the same has to be given to `open`. */
    seal: (octets, place) => {
      const random = randomBytes(SALT + NONCE);
      const cipher = createCipheriv('aes-256-gcm', keyOf(random.subarray(0, SALT)), random.subarray(SALT)).setAAD(Buffer.from(place));
      const sealed = [cipher.update(octets), cipher.final()];
      return Buffer.concat([random, cipher.getAuthTag(), ...sealed]);
    },
    /** Throws when it was sealed with another key, for another place, or changed. */
    open: (sealed, place) => {
      const [salt, nonce, tag] = [sealed.subarray(0, SALT), sealed.subarray(SALT, SALT + NONCE), sealed.subarray(SALT + NONCE, SALT + NONCE + TAG)];
      try {
        const decipher = createDecipheriv('aes-256-gcm', keyOf(salt), nonce, { authTagLength: TAG }).setAAD(Buffer.from(place)).setAuthTag(tag);
        return Buffer.concat([decipher.update(sealed.subarray(SALT + NONCE + TAG)), decipher.final()]);
      } catch (error) {
        throw new Refusal('IM_STORE_FAILED', `what is sealed cannot be opened (${error.message})`);
      }
    },
    /** The same for the same text; says nothing about it to who lacks the key. */
    digest: (text) => createHmac('sha256', key).update('digest').update(text).digest().subarray(0, 16),
  };
}

/**
 * Refuses another key than the one the store was written with. The first time it is recorded, as long as nothing is stored; the mode of
 * an empty store may be changed.
 */
export function checkKey(database, key, seal) {
  const probe = database.prepare('SELECT probe FROM sealed').get()?.probe;
  const isEmpty = database.prepare('SELECT octets FROM stored').get().octets === 0 && database.prepare('SELECT id FROM outbox LIMIT 1').get() === undefined;
  if (isEmpty) {
    database.prepare('DELETE FROM sealed').run();
    if (key !== undefined) database.prepare('INSERT INTO sealed (id, probe) VALUES (1, ?)').run(seal.seal(Buffer.alloc(0), PLACE));
    return;
  }
  if (probe === undefined && key !== undefined) {
    throw new Error('its messages were stored without a key: start without --store-key until they are gone, or with a new file');
  }
  if (probe !== undefined && key === undefined) throw new Error('its messages are encrypted: give the key by --store-key FILE');
  if (probe !== undefined && !opens(seal, probe)) throw new Error('--store-key is not the key its messages were encrypted with');
}

const PLACE = 'key';

function opens(seal, probe) {
  try {
    seal.open(probe, PLACE);
    return true;
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}
