/* Events that were committed with a change, for whoever hears of it outside. */

export function outbox(database, seal) {
  const insert = database.prepare('INSERT INTO outbox (topic, payload) VALUES (?, ?)');
  const select = database.prepare('SELECT id, payload FROM outbox WHERE topic = ? ORDER BY id LIMIT ?');
  const remove = database.prepare('DELETE FROM outbox WHERE id = ?');
  const placeOf = (topic) => `event of ${topic}`;
  return {
    /** `payload` is JSON. */
    add: ({ topic, payload }) => void insert.run(topic, seal.seal(Buffer.from(payload), placeOf(topic))),
    operations: {
      'outbox.events': ([topic, limit]) => (
        select.all(topic, limit).map(({ id, payload }) => ({ id, payload: Buffer.from(seal.open(payload, placeOf(topic))).toString() }))
      ),
      'outbox.settle': ([ids]) => {
        for (const id of ids) remove.run(id);
      },
    },
  };
}
