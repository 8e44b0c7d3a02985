/*
 * Nothing more is stored when little of the disk is left, so that what needs but little of it can go on: registrations, and above all the
 * removal of what was delivered, which makes room.
 */
import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { Refusal } from './refusals.mjs';

/** Twice what the write-ahead log usually grows to. */
const RESERVE = 8 * 1024 * 1024;

export function room(database, path) {
  const folder = dirname(path);
  const pageSize = database.prepare('PRAGMA page_size').get().page_size;
  const freePages = database.prepare('PRAGMA freelist_count');
  return {
    /** Throws when there is none, neither on the disk nor where something was removed. */
    check: () => {
      const { bavail, bsize } = statfsSync(folder);
      const left = bavail * bsize;
      if (left < RESERVE && left + freePages.get().freelist_count * pageSize < RESERVE) {
        throw new Refusal('IM_STORE_FULL', `less than ${RESERVE} octets are left on the disk`);
      }
    },
  };
}
