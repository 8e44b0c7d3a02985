/* Every case there is, in the order they are reported. A new topic is a new file and a line here. */
import type { ConformanceCase } from '../case.js';
import { authenticationCases } from './im-1/authentication.js';
import { bodyCases } from './im-1/bodies.js';
import { callerPreferenceCases } from './im-1/caller-preferences.js';
import { deferredDeliveryCases } from './im-1/deferred-delivery.js';
import { deferredIntakeCases } from './im-1/deferred-intake.js';
import { dialogCases } from './im-1/dialogs.js';
import { deferredSummaryCases } from './im-1/deferred-summary.js';
import { dispositionCases } from './im-1/dispositions.js';
import { eventCases } from './im-1/events-index.js';
import { flowsCases } from './im-1/flows.js';
import { forkingCases } from './im-1/forking.js';
import { formatCases } from './im-1/formats.js';
import { gruuCases } from './im-1/gruu.js';
import { identityCases } from './im-1/identity.js';
import { inviteCases } from './im-1/invite.js';
import { keepAliveCases } from './im-1/keep-alive.js';
import { messageCases } from './im-1/message.js';
import { pagerCases } from './im-1/pager.js';
import { registrarCases } from './im-1/registrar.js';
import { registrationCases } from './im-1/registration.js';
import { routingCases } from './im-1/routing.js';
import { serialCases } from './im-1/serial.js';
import { sessionTimerCases } from './im-1/session-timer.js';
import { settingsPublicationCases } from './im-1/settings-publication.js';
import { settingsCases } from './im-1/settings.js';
import { sizeCases } from './im-1/size.js';
import { streamCases } from './im-1/streams.js';
import { tlsCases } from './im-1/tls.js';
import { transparencyCases } from './im-1/transparency.js';
import { validationCases } from './im-1/validation.js';
import { webSocketCases } from './im-1/websocket.js';
import { chunkingCases } from './im-7/chunking.js';
import { connectionCases } from './im-7/connections.js';
import { deferredSessionCases } from './im-7/deferred-sessions.js';
import { endCases } from './im-7/end.js';
import { flowCases } from './im-7/flow.js';
import { sessionFormatCases } from './im-7/formats.js';
import { framingCases } from './im-7/framing.js';
import { reportCases } from './im-7/reports.js';
import { sessionCases } from './im-7/session.js';
import { transportCases } from './im-7/transports.js';

export const cases: readonly ConformanceCase[] = [
  ...registrationCases,
  ...registrarCases,
  ...authenticationCases,
  ...identityCases,
  ...pagerCases,
  ...routingCases,
  ...validationCases,
  ...messageCases,
  ...inviteCases,
  ...bodyCases,
  ...sessionTimerCases,
  ...flowsCases,
  ...keepAliveCases,
  ...forkingCases,
  ...serialCases,
  ...dialogCases,
  ...transparencyCases,
  ...streamCases,
  ...tlsCases,
  ...webSocketCases,
  ...callerPreferenceCases,
  ...gruuCases,
  ...sizeCases,
  ...formatCases,
  ...eventCases,
  ...deferredIntakeCases,
  ...deferredDeliveryCases,
  ...dispositionCases,
  ...deferredSummaryCases,
  ...settingsPublicationCases,
  ...settingsCases,
  ...sessionCases,
  ...framingCases,
  ...chunkingCases,
  ...reportCases,
  ...connectionCases,
  ...endCases,
  ...sessionFormatCases,
  ...flowCases,
  ...transportCases,
  ...deferredSessionCases,
];
