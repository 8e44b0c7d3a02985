/* Messages and notifications for users who are away: what a commit does, and what is looked for. Every query goes by an index. */
import { Refusal } from './refusals.mjs';

/** Octets of every piece of a body but the last. */
const PIECE = 64 * 1024;

const COLUMNS = 'sequence, id, recipient, kind, mode, received_at, expires_at, held, fetched, size, head';

/** What an item means for the account of its recipient. */
function countsOf({ kind, held, fetched }) {
  const isMessage = kind === 'message';
  return { newMessages: isMessage && !fetched ? 1 : 0, oldMessages: isMessage && fetched ? 1 : 0, waiting: !held && !fetched ? 1 : 0 };
}

const negative = (counts) => Object.fromEntries(Object.entries(counts).map(([name, value]) => [name, -value]));

export function deferredItems(database, { seal, bodies, accounts, leases, outbox }) {
  const insert = database.prepare(
    `INSERT INTO deferred_item (id, recipient, kind, mode, received_at, expires_at, held, fetched, size, octets, twin, head, body)
     VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?) RETURNING sequence`,
  );
  const twinOf = database.prepare(`SELECT ${COLUMNS} FROM deferred_item WHERE twin = ?`);
  const remove = database.prepare('DELETE FROM deferred_item WHERE id = ? RETURNING recipient, kind, held, fetched, octets, size, body IS NULL AS apart');
  const fetch = database.prepare('UPDATE deferred_item SET fetched = 1 WHERE id = ? AND fetched = 0 RETURNING recipient, kind, held');
  const heldOf = database.prepare('SELECT count(*) AS rows FROM deferred_item WHERE recipient = ? AND held = 1 AND fetched = 0');
  const release = database.prepare('UPDATE deferred_item SET held = 0 WHERE recipient = ? AND held = 1');
  const pageOf = (condition) => database.prepare(
    `SELECT ${COLUMNS} FROM deferred_item WHERE recipient = ? AND ${condition} AND sequence > ? AND expires_at > ? ORDER BY sequence LIMIT ?`,
  );
  const waiting = pageOf('held = 0 AND fetched = 0');
  const list = pageOf(`kind = 'message'`);
  const find = database.prepare(`SELECT ${COLUMNS} FROM deferred_item WHERE recipient = ? AND id = ?`);
  const body = database.prepare('SELECT size, body FROM deferred_item WHERE id = ?');
  const expired = database.prepare(`SELECT ${COLUMNS} FROM deferred_item WHERE expires_at <= ? ORDER BY expires_at, sequence LIMIT ?`);
  const nextExpiry = database.prepare('SELECT expires_at FROM deferred_item ORDER BY expires_at LIMIT 1');
  const startUpload = database.prepare('INSERT INTO deferred_upload (body, recipient, size) VALUES (?, ?, ?)');
  const growUpload = database.prepare('UPDATE deferred_upload SET size = size + ? WHERE body = ?');
  const upload = database.prepare('SELECT recipient, size FROM deferred_upload WHERE body = ?');
  const uploads = database.prepare('SELECT body FROM deferred_upload');
  const endUpload = database.prepare('DELETE FROM deferred_upload WHERE body = ?');

  const headPlace = (id, recipient, size) => `head of ${id} for ${recipient} with ${size} octets`;
  const bodyPlace = (id) => `body of ${id}`;
  const opened = (row) => ({ ...row, head: Buffer.from(seal.open(row.head, headPlace(row.id, row.recipient, row.size))).toString() });

  function removeOne(id, changes) {
    const row = remove.get(id);
    if (row === undefined) return;
    if (row.apart === 1) bodies.discard(id);
    changes.add(row.recipient, { ...negative(countsOf(row)), octets: -row.octets });
  }

  function fetchOne(id, changes) {
    const row = fetch.get(id);
    if (row === undefined) return;
    changes.add(row.recipient, negative(countsOf({ ...row, fetched: 0 })));
    changes.add(row.recipient, countsOf({ ...row, fetched: 1 }));
  }

  function releaseAll(recipient, changes) {
    changes.add(recipient, { waiting: heldOf.get(recipient).rows });
    release.run(recipient);
  }

  function abort(id, changes) {
    const begun = upload.get(id);
    if (begun === undefined) return;
    endUpload.run(id);
    bodies.discard(id);
    changes.add(begun.recipient, { octets: -begun.size });
  }

  /**
   * An item is `{ id, recipient, kind, mode, receivedAt, expiresAt, held, head, twin, isUpload, body }`; of an upload `body` is what
   * follows the pieces that are written.
   */
  function addOne(item, changes) {
    const { id, recipient, kind, mode, receivedAt, expiresAt } = item;
    const twin = item.twin === undefined ? null : seal.digest(item.twin);
    const there = twin === null ? undefined : twinOf.get(twin);
    if (there !== undefined) {
      abort(id, changes);
      return opened(there);
    }
    const size = (item.isUpload ? takeUpload(id) : 0) + item.body.length;
    const isInline = !item.isUpload && size <= PIECE;
    if (!isInline) appendFrom(id, size - item.body.length, item.body);
    const head = Buffer.from(item.head);
    const held = item.held ? 1 : 0;
    const inline = isInline ? seal.seal(item.body, bodyPlace(id)) : null;
    const { sequence } = insert.get(
      id, recipient, kind, mode, receivedAt, expiresAt, held, size, head.length + size, twin, seal.seal(head, headPlace(id, recipient, size)), inline,
    );
    changes.add(recipient, { ...countsOf({ kind, held, fetched: 0 }), octets: head.length + item.body.length });
    return { sequence, id, recipient, kind, mode, received_at: receivedAt, expires_at: expiresAt, held, fetched: 0, size, head: item.head };
  }

  /** How many octets are written. */
  function takeUpload(id) {
    const begun = upload.get(id);
    if (begun === undefined) throw new Refusal('IM_STORE_FAILED', 'no such upload');
    endUpload.run(id);
    return begun.size;
  }

  function appendFrom(id, start, octets) {
    for (let at = 0; at < octets.length; at += PIECE) bodies.append(id, (start + at) / PIECE, octets.subarray(at, at + PIECE));
  }

  /** All of an operation and its accounts. */
  function changing(change) {
    const changes = accounts.changes();
    const value = change(changes);
    changes.write();
    return value;
  }

  // Nobody goes on with the uploads of the process before.
  changing((changes) => {
    for (const row of uploads.all()) abort(row.body, changes);
  });

  return {
    /** The rows of what was added. */
    'deferred.commit': ([change]) => {
      if (change.lease !== undefined && !leases.isHeld(change.lease)) throw new Refusal('IM_LEASE_LOST', change.lease.recipient);
      return changing((changes) => {
        for (const id of change.remove) removeOne(id, changes);
        for (const id of change.fetched) fetchOne(id, changes);
        if (change.release !== undefined) releaseAll(change.release, changes);
        for (const event of change.events) outbox.add(event);
        return change.add.map((item) => addOne(item, changes));
      });
    },
    /** A whole piece of a body on its way. */
    'deferred.write': ([id, recipient, octets]) => changing((changes) => {
      const { size } = upload.get(id) ?? { size: 0 };
      if (size === 0) startUpload.run(id, recipient, octets.length);
      else growUpload.run(octets.length, id);
      bodies.append(id, size / PIECE, octets);
      changes.add(recipient, { octets: octets.length });
    }),
    'deferred.abort': ([id]) => changing((changes) => abort(id, changes)),
    'deferred.waiting': ([recipient, after, limit, now]) => waiting.all(recipient, after, now, limit).map(opened),
    'deferred.list': ([recipient, after, limit, now]) => list.all(recipient, after, now, limit).map(opened),
    'deferred.find': ([recipient, id]) => [find.get(recipient, id)].filter((row) => row !== undefined).map(opened)[0],
    /** Piece `number` of a body, and whether another one follows; undefined when the item is gone. */
    'deferred.read': ([id, number]) => {
      const row = body.get(id);
      if (row === undefined) return undefined;
      if (row.body !== null) return { octets: seal.open(row.body, bodyPlace(id)), more: false };
      return { octets: bodies.piece(id, number), more: (number + 1) * PIECE < row.size };
    },
    'deferred.expired': ([now, limit]) => expired.all(now, limit).map(opened),
    'deferred.next-expiry': () => nextExpiry.get()?.expires_at,
  };
}
