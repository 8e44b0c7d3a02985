/* Who alone may push to a recipient. The fence is the key of the row: one that was given is never given again. */

export function leases(database) {
  const load = database.prepare('SELECT fence, holder, until FROM deferred_lease WHERE recipient = ?');
  const insert = database.prepare('INSERT INTO deferred_lease (recipient, holder, until) VALUES (?, ?, ?) RETURNING fence');
  const prolong = database.prepare('UPDATE deferred_lease SET until = ? WHERE recipient = ?');
  const remove = database.prepare('DELETE FROM deferred_lease WHERE recipient = ?');
  const isHeld = ({ recipient, holder, fence }) => {
    const current = load.get(recipient);
    return current?.holder === holder && current.fence === fence;
  };
  // Who held them lived in the process before.
  database.exec('DELETE FROM deferred_lease');
  return {
    isHeld,
    operations: {
      /** The fence; undefined while somebody else holds it. */
      'deferred.lease': ([recipient, holder, now, until]) => {
        const current = load.get(recipient);
        if (current?.holder === holder) {
          prolong.run(until, recipient);
          return current.fence;
        }
        if (current !== undefined && current.until > now) return undefined;
        remove.run(recipient);
        return insert.get(recipient, holder, until).fence;
      },
      'deferred.unlease': ([lease]) => {
        if (isHeld(lease)) remove.run(lease.recipient);
      },
    },
  };
}
