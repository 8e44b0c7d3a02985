/*
 * The tables. Each entry brings the schema from the version of its index to the next; never change one that was released. Whoever stores
 * something new adds an entry at the end here, a file with its operations, and a line where sqlite-worker.mjs joins them.
 */
export const migrations = [
  // AUTOINCREMENT: a version is never given twice, not even after its row is gone, so a stale one can never match.
  `CREATE TABLE location (
     version INTEGER PRIMARY KEY AUTOINCREMENT,
     aor TEXT NOT NULL UNIQUE,
     bindings TEXT NOT NULL
   ) STRICT;
   CREATE TABLE secret (
     id INTEGER PRIMARY KEY CHECK (id = 1),
     value BLOB NOT NULL
   ) STRICT`,
  // Subscriptions to events: when they end (milliseconds since 1970), and what the notifier needs to go on with them, as JSON.
  `CREATE TABLE subscription (
     key TEXT PRIMARY KEY,
     expires REAL NOT NULL,
     snapshot TEXT NOT NULL
   ) STRICT, WITHOUT ROWID`,
  // Event state that users have published (RFC 3903); `rowid` is the order it came in.
  `CREATE TABLE publication (
     tag TEXT PRIMARY KEY,
     event TEXT NOT NULL,
     resource TEXT NOT NULL,
     publisher TEXT NOT NULL,
     source TEXT NOT NULL,
     content_type TEXT NOT NULL,
     body BLOB NOT NULL,
     expires REAL NOT NULL
   ) STRICT;
   CREATE INDEX publication_resource ON publication (resource, event)`,
  // Messages. What this store was sealed with, if it is; the octets of everything that counts for --store-limit;
  // bodies longer than a piece; those whose pieces are of no use any more, to be deleted little by little.
  `CREATE TABLE sealed (
     id INTEGER PRIMARY KEY CHECK (id = 1),
     probe BLOB NOT NULL
   ) STRICT;
   CREATE TABLE stored (
     id INTEGER PRIMARY KEY CHECK (id = 1),
     octets INTEGER NOT NULL
   ) STRICT;
   INSERT INTO stored (id, octets) VALUES (1, 0);
   CREATE TABLE piece (
     body TEXT NOT NULL,
     number INTEGER NOT NULL,
     octets BLOB NOT NULL,
     PRIMARY KEY (body, number)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE discarded (
     body TEXT PRIMARY KEY
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE outbox (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     topic TEXT NOT NULL,
     payload BLOB NOT NULL
   ) STRICT;
   CREATE INDEX outbox_topic ON outbox (topic, id);
   CREATE TABLE deferred_account (
     recipient TEXT PRIMARY KEY,
     new_messages INTEGER NOT NULL,
     old_messages INTEGER NOT NULL,
     waiting INTEGER NOT NULL,
     octets INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX deferred_account_waiting ON deferred_account (recipient) WHERE waiting > 0;
   CREATE TABLE deferred_upload (
     body TEXT PRIMARY KEY,
     recipient TEXT NOT NULL,
     size INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE deferred_lease (
     fence INTEGER PRIMARY KEY AUTOINCREMENT,
     recipient TEXT NOT NULL UNIQUE,
     holder TEXT NOT NULL,
     until REAL NOT NULL
   ) STRICT;
   CREATE TABLE deferred_item (
     sequence INTEGER PRIMARY KEY AUTOINCREMENT,
     id TEXT NOT NULL UNIQUE,
     recipient TEXT NOT NULL,
     kind TEXT NOT NULL,
     mode TEXT NOT NULL,
     received_at REAL NOT NULL,
     expires_at REAL NOT NULL,
     held INTEGER NOT NULL,
     fetched INTEGER NOT NULL,
     size INTEGER NOT NULL,
     octets INTEGER NOT NULL,
     twin BLOB,
     head BLOB NOT NULL,
     body BLOB
   ) STRICT;
   CREATE INDEX deferred_item_waiting ON deferred_item (recipient, sequence, expires_at) WHERE held = 0 AND fetched = 0;
   CREATE INDEX deferred_item_message ON deferred_item (recipient, sequence, expires_at) WHERE kind = 'message';
   CREATE INDEX deferred_item_held ON deferred_item (recipient, fetched) WHERE held = 1;
   CREATE INDEX deferred_item_expiry ON deferred_item (expires_at);
   CREATE UNIQUE INDEX deferred_item_twin ON deferred_item (twin) WHERE twin IS NOT NULL`,
  // What an operator told users.
  `CREATE TABLE audit (
     number INTEGER PRIMARY KEY AUTOINCREMENT,
     id TEXT NOT NULL UNIQUE,
     at REAL NOT NULL,
     operator TEXT NOT NULL,
     recipients INTEGER NOT NULL,
     receivers TEXT NOT NULL,
     digest TEXT NOT NULL,
     stored INTEGER
   ) STRICT`,
  // Conversation history. `key`: what tells conversations apart, and rules, as a digest; `told`: what the user was told of the quota.
  `CREATE TABLE history_account (
     user TEXT PRIMARY KEY,
     octets INTEGER NOT NULL,
     told INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE history_upload (
     body TEXT PRIMARY KEY,
     user TEXT NOT NULL,
     size INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE history_rule (
     key BLOB PRIMARY KEY,
     user TEXT NOT NULL,
     conversation BLOB NOT NULL,
     active INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE history_conversation (
     sequence INTEGER PRIMARY KEY AUTOINCREMENT,
     id TEXT NOT NULL UNIQUE,
     user TEXT NOT NULL,
     key BLOB NOT NULL,
     began REAL NOT NULL,
     ended REAL NOT NULL,
     messages INTEGER NOT NULL,
     size INTEGER NOT NULL,
     head BLOB NOT NULL
   ) STRICT;
   CREATE INDEX history_conversation_user ON history_conversation (user, sequence);
   CREATE INDEX history_conversation_key ON history_conversation (user, key, sequence);
   CREATE TABLE history_entry (
     sequence INTEGER PRIMARY KEY AUTOINCREMENT,
     id TEXT NOT NULL UNIQUE,
     user TEXT NOT NULL,
     conversation INTEGER NOT NULL,
     received_at REAL NOT NULL,
     size INTEGER NOT NULL,
     octets INTEGER NOT NULL,
     head BLOB NOT NULL,
     body BLOB
   ) STRICT;
   CREATE INDEX history_entry_user ON history_entry (user, sequence);
   CREATE INDEX history_entry_conversation ON history_entry (conversation, sequence)`,
];
