/* Every case there is, in the order they are reported. A new topic is a new file and a line here. */
import type { ConformanceCase } from '../case.js';
import { authenticationCases } from './im-1/authentication.js';
import { eventCases } from './im-1/events-index.js';
import { formatCases } from './im-1/formats.js';
import { identityCases } from './im-1/identity.js';
import { inviteCases } from './im-1/invite.js';
import { messageCases } from './im-1/message.js';
import { pagerCases } from './im-1/pager.js';
import { registrarCases } from './im-1/registrar.js';
import { registrationCases } from './im-1/registration.js';
import { routingCases } from './im-1/routing.js';
import { validationCases } from './im-1/validation.js';
import { chunkingCases } from './im-7/chunking.js';
import { connectionCases } from './im-7/connections.js';
import { endCases } from './im-7/end.js';
import { flowCases } from './im-7/flow.js';
import { sessionFormatCases } from './im-7/formats.js';
import { framingCases } from './im-7/framing.js';
import { reportCases } from './im-7/reports.js';
import { sessionCases } from './im-7/session.js';

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
  ...formatCases,
  ...eventCases,
  ...sessionCases,
  ...framingCases,
  ...chunkingCases,
  ...reportCases,
  ...connectionCases,
  ...endCases,
  ...sessionFormatCases,
  ...flowCases,
];
