/*
 * Bodies longer than one piece, as rows of 64 KiB. A body that nobody needs any more is only marked; its rows are deleted between batches,
 * a few at a time, so that nobody waits for 100 MiB to go.
 */
import { Refusal } from './refusals.mjs';

/** How many rows go at a time: one mebioctet. */
const SWEPT = 16;

export function bodies(database, seal) {
  const insert = database.prepare('INSERT INTO piece (body, number, octets) VALUES (?, ?, ?)');
  const select = database.prepare('SELECT octets FROM piece WHERE body = ? AND number = ?');
  const mark = database.prepare('INSERT INTO discarded (body) VALUES (?) ON CONFLICT DO NOTHING');
  const marked = database.prepare('SELECT body FROM discarded LIMIT 1');
  const remove = database.prepare('DELETE FROM piece WHERE body = ? AND number IN (SELECT number FROM piece WHERE body = ? ORDER BY number LIMIT ?)');
  const unmark = database.prepare('DELETE FROM discarded WHERE body = ?');
  const placeOf = (body, number) => `piece ${number} of ${body}`;
  let due = true;
  return {
    append: (body, number, octets) => void insert.run(body, number, seal.seal(octets, placeOf(body, number))),
    piece: (body, number) => {
      const row = select.get(body, number);
      if (row === undefined) throw new Refusal('IM_STORE_FAILED', 'a piece of a body is missing');
      return seal.open(row.octets, placeOf(body, number));
    },
    discard: (body) => {
      mark.run(body);
      due = true;
    },
    /** Whether there may be something to sweep. */
    isDue: () => due,
    /** Deletes some rows of discarded bodies. */
    sweep: () => {
      const body = marked.get()?.body;
      due = body !== undefined;
      if (due && remove.run(body, body, SWEPT).changes < SWEPT) unmark.run(body);
    },
  };
}
