/*
 * The octets of everything that keeps messages, for --store-limit. Whoever stores bodies or seals something charges it here: a store
 * whose total is 0 is empty, and may be given another key.
 */
import { Refusal } from './refusals.mjs';

export function total(database, { limit, room }) {
  const load = database.prepare('SELECT octets FROM stored');
  const add = database.prepare('UPDATE stored SET octets = octets + ?');
  return {
    /** Adds octets, or takes them back; throws where there is no room. */
    charge: (octets) => {
      add.run(octets);
      if (octets <= 0) return;
      if (load.get().octets > limit) throw new Refusal('IM_STORE_FULL', `--store-limit ${limit}`);
      room.check();
    },
    operations: {
      /** Writes what changes nothing, and fails when nothing can be stored. */
      'store.try': () => {
        room.check();
        add.run(0);
      },
    },
  };
}
