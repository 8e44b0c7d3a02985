/* Every case on event packages at the core. */
import type { ConformanceCase } from '../../case.js';
import { endingSubscriptions } from '../events.js';
import { subscribeAuthorizationCases } from './events-authorization.js';
import { registrationChangeCases } from './events-changes.js';
import { subscriptionCases } from './events-dialog.js';
import { watcherFailureCases } from './events-failure.js';
import { refusedSubscribeCases } from './events-refused.js';
import { registeredGruuCases } from './events-gruus.js';
import { reginfoCases } from './events-reginfo.js';
import { subscribeCases } from './events-subscribe.js';
import { messageSummaryCases } from './events-summary.js';
import { entityTagCases } from './events-tags.js';

const all: readonly ConformanceCase[] = [
  ...subscribeCases,
  ...refusedSubscribeCases,
  ...subscribeAuthorizationCases,
  ...subscriptionCases,
  ...watcherFailureCases,
  ...reginfoCases,
  ...registeredGruuCases,
  ...registrationChangeCases,
  ...entityTagCases,
  ...messageSummaryCases,
];

export const eventCases = all.map(endingSubscriptions);
