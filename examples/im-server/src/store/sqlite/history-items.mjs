/* Conversation history: recorded messages by conversation, and what users said about recording. Every query goes by an index. */
import { Refusal } from './refusals.mjs';

/** Octets of every piece of a body but the last. */
const PIECE = 64 * 1024;

const ENTRY = 'e.sequence, e.id, e.user, e.received_at, e.size, e.head, c.id AS conversation';
const CONVERSATION = 'sequence, id, user, began, ended, messages, size, head';

export function historyItems(database, { seal, bodies, total, limits }) {
  const account = database.prepare('SELECT octets, told FROM history_account WHERE user = ?');
  const charge = database.prepare(
    `INSERT INTO history_account (user, octets, told) VALUES (?, ?, 0)
     ON CONFLICT DO UPDATE SET octets = octets + excluded.octets RETURNING octets`,
  );
  const tell = database.prepare('INSERT INTO history_account (user, octets, told) VALUES (?, 0, ?) ON CONFLICT DO UPDATE SET told = excluded.told');
  const lastOf = database.prepare('SELECT sequence, id, ended FROM history_conversation WHERE user = ? AND key = ? ORDER BY sequence DESC LIMIT 1');
  const begin = database.prepare(
    `INSERT INTO history_conversation (id, user, key, began, ended, messages, size, head) VALUES (?, ?, ?, ?, ?, 0, 0, ?) RETURNING sequence`,
  );
  const grow = database.prepare('UPDATE history_conversation SET ended = ?, messages = messages + 1, size = size + ? WHERE sequence = ?');
  const shrink = database.prepare('UPDATE history_conversation SET messages = messages - 1, size = size - ? WHERE sequence = ? RETURNING id, messages');
  const end = database.prepare('DELETE FROM history_conversation WHERE sequence = ?');
  const conversations = database.prepare(`SELECT ${CONVERSATION} FROM history_conversation WHERE user = ? AND sequence > ? ORDER BY sequence LIMIT ?`);
  const conversation = database.prepare(`SELECT ${CONVERSATION} FROM history_conversation WHERE id = ? AND user = ?`);
  const insert = database.prepare(
    'INSERT INTO history_entry (id, user, conversation, received_at, size, octets, head, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING sequence',
  );
  const entriesOf = (condition, order) => database.prepare(
    `SELECT ${ENTRY} FROM history_entry e JOIN history_conversation c ON c.sequence = e.conversation WHERE ${condition} ${order}`,
  );
  const inOrder = 'ORDER BY e.sequence LIMIT ?';
  const ofUser = entriesOf('e.user = ? AND e.sequence > ?', inOrder);
  const ofConversation = entriesOf('c.id = ? AND e.user = ? AND e.sequence > ?', inOrder);
  const find = entriesOf('e.id = ? AND e.user = ?', '');
  const body = database.prepare('SELECT size, body FROM history_entry WHERE id = ?');
  const remove = database.prepare('DELETE FROM history_entry WHERE id = ? RETURNING conversation, octets, size, body IS NULL AS apart');
  const startUpload = database.prepare('INSERT INTO history_upload (body, user, size) VALUES (?, ?, ?)');
  const growUpload = database.prepare('UPDATE history_upload SET size = size + ? WHERE body = ?');
  const upload = database.prepare('SELECT user, size FROM history_upload WHERE body = ?');
  const uploads = database.prepare('SELECT body FROM history_upload');
  const endUpload = database.prepare('DELETE FROM history_upload WHERE body = ?');
  const addRule = database.prepare('INSERT INTO history_rule (key, user, conversation, active) VALUES (?, ?, ?, ?)');
  const changeRule = database.prepare('UPDATE history_rule SET active = ? WHERE key = ?');
  const endRule = database.prepare('DELETE FROM history_rule WHERE key = ? RETURNING length(conversation) AS octets');
  const rules = database.prepare('SELECT user, conversation, active FROM history_rule');

  const entryPlace = (id, user) => `recorded ${id} of ${user}`;
  const bodyPlace = (id) => `body of ${id}`;
  const conversationPlace = (id, user) => `conversation ${id} of ${user}`;
  const rulePlace = (user) => `rule of ${user}`;
  const keyOf = (user, text) => seal.digest(JSON.stringify([user, text]));
  const textOf = (sealed, place) => Buffer.from(seal.open(sealed, place)).toString();
  const opened = (row) => ({ ...row, head: textOf(row.head, entryPlace(row.id, row.user)) });
  const openedConversation = (row) => ({ ...row, head: textOf(row.head, conversationPlace(row.id, row.user)) });

  function chargeUser(user, octets) {
    const sum = charge.get(user, octets).octets;
    if (octets > 0 && sum > limits.history) throw new Refusal('IM_HISTORY_QUOTA', `--history-quota ${limits.history}`);
    total.charge(octets);
  }

  function abort(id) {
    const begun = upload.get(id);
    if (begun === undefined) return;
    endUpload.run(id);
    bodies.discard(id);
    chargeUser(begun.user, -begun.size);
  }

  function current(user, { key, since }) {
    const last = lastOf.get(user, keyOf(user, key));
    return last !== undefined && last.ended >= since ? last : undefined;
  }

  /** An entry is `{ id, user, receivedAt, head, key, newConversation, isUpload, body }`; of an upload `body` is what follows the written pieces. */
  function add(item) {
    const { id, user, receivedAt, key, newConversation } = item;
    const head = Buffer.from(item.head);
    const begun = item.isUpload ? upload.get(id) : undefined;
    if (item.isUpload && begun === undefined) throw new Refusal('IM_STORE_FAILED', 'no such upload');
    if (begun !== undefined) endUpload.run(id);
    const written = begun?.size ?? 0;
    const size = written + item.body.length;
    const isInline = !item.isUpload && size <= PIECE;
    if (!isInline) appendFrom(id, written, item.body);
    const there = current(user, key) ?? {
      id: newConversation,
      ...begin.get(newConversation, user, keyOf(user, key.key), receivedAt, receivedAt, seal.seal(head, conversationPlace(newConversation, user))),
    };
    const inline = isInline ? seal.seal(item.body, bodyPlace(id)) : null;
    const { sequence } = insert.get(id, user, there.sequence, receivedAt, size, head.length + size, seal.seal(head, entryPlace(id, user)), inline);
    grow.run(receivedAt, size, there.sequence);
    chargeUser(user, head.length + item.body.length);
    return { sequence, id, user, received_at: receivedAt, size, head: item.head, conversation: there.id };
  }

  function appendFrom(id, start, octets) {
    for (let at = 0; at < octets.length; at += PIECE) bodies.append(id, (start + at) / PIECE, octets.subarray(at, at + PIECE));
  }

  function removeOne({ id, user }) {
    const row = remove.get(id);
    if (row.apart === 1) bodies.discard(id);
    chargeUser(user, -row.octets);
    const left = shrink.get(row.size, row.conversation);
    if (left.messages > 0) return;
    end.run(row.conversation);
    const rule = endRule.get(keyOf(user, left.id));
    if (rule !== undefined) total.charge(-rule.octets);
  }

  function setRule({ user, conversation: of, active }) {
    const key = keyOf(user, of);
    if (changeRule.run(active ? 1 : 0, key).changes > 0) return;
    const sealed = seal.seal(Buffer.from(of), rulePlace(user));
    total.charge(sealed.length);
    addRule.run(key, user, sealed, active ? 1 : 0);
  }

  function partOf(user, part, limit) {
    if (part.item !== undefined) return find.all(part.item, user).filter((row) => (part.conversation ?? row.conversation) === row.conversation);
    return part.conversation === undefined ? ofUser.all(user, 0, limit) : ofConversation.all(part.conversation, user, 0, limit);
  }

  // Nobody goes on with the uploads of the process before.
  for (const row of uploads.all()) abort(row.body);

  return {
    'history.add': ([item]) => add(item),
    /** A whole piece of a body on its way. */
    'history.write': ([id, user, octets]) => {
      const { size } = upload.get(id) ?? { size: 0 };
      if (size === 0) startUpload.run(id, user, octets.length);
      else growUpload.run(octets.length, id);
      bodies.append(id, size / PIECE, octets);
      chargeUser(user, octets.length);
    },
    'history.abort': ([id]) => abort(id),
    'history.current': ([user, key]) => current(user, key)?.id,
    'history.conversations': ([user, after, limit]) => conversations.all(user, after, limit).map(openedConversation),
    'history.conversation': ([user, id]) => conversation.all(id, user).map(openedConversation)[0],
    'history.entries': ([user, of, after, limit]) => (
      (of === undefined ? ofUser.all(user, after, limit) : ofConversation.all(of, user, after, limit)).map(opened)
    ),
    'history.find': ([user, id]) => find.all(id, user).map(opened)[0],
    /** Piece `number` of a body, and whether another one follows; undefined when the entry is gone. */
    'history.read': ([id, number]) => {
      const row = body.get(id);
      if (row === undefined) return undefined;
      if (row.body !== null) return { octets: seal.open(row.body, bodyPlace(id)), more: false };
      return { octets: bodies.piece(id, number), more: (number + 1) * PIECE < row.size };
    },
    'history.remove': ([user, part, limit]) => {
      const rows = partOf(user, part, limit);
      for (const row of rows) removeOne(row);
      return rows.length;
    },
    'history.account': ([user]) => account.get(user),
    'history.tell': ([user, told]) => void tell.run(user, told),
    'history.rule': ([rule]) => setRule(rule),
    'history.rules': () => rules.all().map((row) => ({ ...row, conversation: textOf(row.conversation, rulePlace(row.user)) })),
  };
}
