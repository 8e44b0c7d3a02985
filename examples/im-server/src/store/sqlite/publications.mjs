/* Event state that users have published (RFC 3903). */

export function publications(database) {
  const columns = 'event, resource, tag, publisher, source, content_type AS contentType, body, expires';
  const list = database.prepare(`SELECT ${columns} FROM publication WHERE resource = ? AND event = ? ORDER BY rowid`);
  const all = database.prepare(`SELECT rowid AS number, ${columns} FROM publication WHERE rowid > ? ORDER BY rowid LIMIT 100`);
  const remove = database.prepare('DELETE FROM publication WHERE tag = ? AND event = ? AND resource = ?');
  const add = database.prepare('INSERT INTO publication VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  return {
    'publication.list': ([event, resource]) => list.all(resource, event),
    /** A page after the publication of that number. */
    'publication.all': ([after]) => all.all(after),
    /** False, and nothing changed, when `tag` is not there. */
    'publication.replace': ([event, resource, tag, next]) => {
      if (tag !== undefined && remove.run(tag, event, resource).changes === 0) return false;
      if (next !== undefined) add.run(next.tag, next.event, next.resource, next.publisher, next.source, next.contentType, next.body, next.expires);
      return true;
    },
  };
}
