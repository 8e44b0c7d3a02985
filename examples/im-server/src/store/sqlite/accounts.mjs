/* What waits for users, as counters that change with every commit, so that nobody ever has to count rows. */
import { Refusal } from './refusals.mjs';

const FIELDS = ['newMessages', 'oldMessages', 'waiting', 'octets'];

export function accounts(database, { quota, total }) {
  const load = database.prepare(`SELECT new_messages AS newMessages, old_messages AS oldMessages, octets FROM deferred_account WHERE recipient = ?`);
  const add = database.prepare(
    `INSERT INTO deferred_account (recipient, new_messages, old_messages, waiting, octets) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET new_messages = new_messages + excluded.new_messages, old_messages = old_messages + excluded.old_messages,
       waiting = waiting + excluded.waiting, octets = octets + excluded.octets
     RETURNING octets`,
  );
  const close = database.prepare('DELETE FROM deferred_account WHERE recipient = ? AND octets = 0');
  const recipients = database.prepare('SELECT recipient FROM deferred_account WHERE waiting > 0 AND recipient > ? ORDER BY recipient LIMIT ?');

  return {
    /** The changes of one commit, by recipient; checked and written when all are known. */
    changes: () => {
      const byRecipient = new Map();
      return {
        add: (recipient, change) => {
          const sum = byRecipient.get(recipient) ?? { newMessages: 0, oldMessages: 0, waiting: 0, octets: 0 };
          for (const field of FIELDS) sum[field] += change[field] ?? 0;
          byRecipient.set(recipient, sum);
        },
        write: () => {
          let sum = 0;
          for (const [recipient, change] of byRecipient) {
            const { octets } = add.get(recipient, ...FIELDS.map((field) => change[field]));
            if (change.octets > 0 && octets > quota) throw new Refusal('IM_QUOTA', `--deferred-quota ${quota}`);
            if (octets === 0) close.run(recipient);
            sum += change.octets;
          }
          if (sum !== 0) total.charge(sum);
        },
      };
    },
    operations: {
      'deferred.counts': ([recipient]) => load.get(recipient),
      'deferred.recipients': ([after, limit]) => recipients.all(after, limit).map(({ recipient }) => recipient),
    },
  };
}
