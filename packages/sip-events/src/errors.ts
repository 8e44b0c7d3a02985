import { defineErrors, type ErrorKind } from '@simple-im/grammar';

/** Every error of subscriptions and publications: code, meaning, whose fault, status to answer with, section. */
export const eventsErrors = {
  EVENTS_BAD_HEADER: {
    meaning: 'A header field of event notification is malformed',
    fault: 'remote', status: 400, section: 'RFC 6665 §8.4',
  },
  EVENTS_MISSING_HEADER: {
    meaning: 'A header field that the method must carry is missing',
    fault: 'remote', status: 400, section: 'RFC 6665 §8.2',
  },
  EVENTS_REJECTED: {
    meaning: 'The SUBSCRIBE or PUBLISH was answered with a failure; the response is the cause',
    fault: 'remote', section: 'RFC 6665 §4.1.2.1',
  },
  EVENTS_NO_NOTIFY: { meaning: 'No NOTIFY came before Timer N ended', fault: 'remote', status: 408, section: 'RFC 6665 §4.1.2.4' },
  EVENTS_TERMINATED: { meaning: 'The notifier ended the subscription', fault: 'remote', section: 'RFC 6665 §4.1.3' },
  EVENTS_EXPIRED: {
    meaning: 'The subscription ended since no refresh of it succeeded in time',
    fault: 'remote', section: 'RFC 6665 §4.1.2.2',
  },
  EVENTS_DIALOG_ENDED: { meaning: 'The dialog ended and took the subscription along', fault: 'remote', section: 'RFC 5057 §5.1' },
  EVENTS_READER_TOO_SLOW: {
    meaning: 'More notifications wait to be read than the limit maxQueued; the subscription was ended',
    fault: 'local',
  },
  EVENTS_SUBSCRIPTION_IN_DIALOG: {
    meaning: 'The dialog has a subscription with this Event already; give it another id',
    fault: 'local', section: 'RFC 6665 §4.5.2',
  },
  EVENTS_DIALOG_NOT_SHARED: {
    meaning: 'The remote target of the dialog is a GRUU; subscribe to that URI instead',
    fault: 'local', section: 'RFC 6665 §4.5.2',
  },
  EVENTS_CLOSED: { meaning: 'The subscriber, notifier or publication was closed', fault: 'local' },
  EVENTS_BAD_SNAPSHOT: { meaning: 'The snapshot names an event package that was not given', fault: 'local' },
} as const satisfies Record<string, ErrorKind>;

/** Makes an error of this package. */
export const eventsError = defineErrors(eventsErrors);
