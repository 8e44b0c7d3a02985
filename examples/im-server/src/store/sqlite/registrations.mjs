/* Bindings, subscriptions, and the secret they are signed with. */

export function registrations(database) {
  const load = database.prepare('SELECT version, bindings FROM location WHERE aor = ?');
  const all = database.prepare('SELECT aor, bindings FROM location');
  const insert = database.prepare('INSERT INTO location (aor, bindings) VALUES (?, ?)');
  const remove = database.prepare('DELETE FROM location WHERE aor = ?');
  const keepSecret = database.prepare('INSERT INTO secret (id, value) VALUES (1, ?) ON CONFLICT DO NOTHING');
  const secret = database.prepare('SELECT value FROM secret');
  const subscriptions = database.prepare('SELECT key, snapshot FROM subscription ORDER BY expires');
  const saveSubscription = database.prepare('INSERT OR REPLACE INTO subscription (key, expires, snapshot) VALUES (?, ?, ?)');
  const removeSubscription = database.prepare('DELETE FROM subscription WHERE key = ?');
  return {
    'location.load': ([aor]) => load.get(aor),
    'location.all': () => all.all(),
    /** Bindings as text, or null for none, which leaves no row behind. True if `version` was the current one. */
    'location.save': ([aor, version, bindings]) => {
      if ((load.get(aor)?.version ?? 0) !== version) return false;
      remove.run(aor);
      if (bindings !== null) insert.run(aor, bindings);
      return true;
    },
    /** The secret of this store: the one given, if it had none. */
    'secret.keep': ([fresh]) => {
      keepSecret.run(fresh);
      return secret.get().value;
    },
    'subscription.all': () => subscriptions.all(),
    'subscription.save': ([key, expires, snapshot]) => void saveSubscription.run(key, expires, snapshot),
    'subscription.remove': ([key]) => void removeSubscription.run(key),
  };
}
