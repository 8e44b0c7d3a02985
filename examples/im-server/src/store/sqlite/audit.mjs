/* What an operator told users (system messages). */

export function audit(database) {
  const insert = database.prepare('INSERT INTO audit (id, at, operator, recipients, receivers, digest) VALUES (?, ?, ?, ?, ?, ?)');
  const update = database.prepare('UPDATE audit SET stored = ? WHERE id = ?');
  const select = database.prepare('SELECT id, at, operator, recipients, receivers, digest, stored FROM audit ORDER BY number DESC LIMIT ?');
  return {
    /** `receivers`: JSON. */
    'audit.begin': ([{ id, at, operator, recipients, receivers, digest }]) => void insert.run(id, at, operator, recipients, receivers, digest),
    'audit.finish': ([id, stored]) => void update.run(stored, id),
    'audit.latest': ([limit]) => select.all(limit),
  };
}
