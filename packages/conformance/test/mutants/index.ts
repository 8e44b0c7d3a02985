import { authenticationMutants } from './authentication.js';
import { deferredMutants } from './deferred.js';
import { dialogMutants } from './dialogs.js';
import { deferredSessionMutants } from './deferred-sessions.js';
import { dispositionMutants } from './dispositions.js';
import { eventDocumentMutants } from './events-documents.js';
import { eventGruuMutants } from './events-gruus.js';
import { eventMutants } from './events.js';
import { flowsMutants } from './flows.js';
import { forkingMutants } from './forking.js';
import { formMutants } from './forms.js';
import { identityMutants } from './identity.js';
import { im1InviteMutants } from './im-1-invite.js';
import { im1RequestMutants } from './im-1-requests.js';
import { im1Mutants } from './im-1.js';
import { im7Mutants } from './im-7.js';
import { msrpMutants } from './msrp.js';
import { overConnectionMutants } from './connections.js';
import { registrarMutants } from './registrar.js';
import { sessionMutants } from './sessions.js';
import { settingsMutants } from './settings.js';
import type { Mutant } from './mutant.js';

export const mutants: readonly Mutant[] = [
  ...im1Mutants, ...im1RequestMutants, ...im1InviteMutants, ...im7Mutants, ...msrpMutants, ...registrarMutants, ...authenticationMutants,
  ...identityMutants, ...flowsMutants, ...forkingMutants, ...dialogMutants, ...formMutants, ...overConnectionMutants,
  ...sessionMutants, ...deferredMutants, ...deferredSessionMutants, ...dispositionMutants, ...settingsMutants, ...eventMutants, ...eventDocumentMutants, ...eventGruuMutants,
];
