/*
 * REGISTER (RFC 3261 §10.3): who may register for whom, our Path, and what the IM server is told of it.
 */
import { newTag, respondTo, type Flow, type SipRequest } from '@simple-im/sip';
import type { Clock, Random } from '@simple-im/transport';
import type { Metrics } from '../observe/ports.js';
import { userOf } from './address-of-record.js';
import { addToTag, type Exchange } from './exchange.js';
import type { OwnAddresses } from './own-addresses.js';
import type { Registrar } from './registrar.js';
import { thirdPartyRegister } from './third-party-registration.js';
import { referenceTo, type Tokens } from './tokens.js';

export interface RegisterRequestsOptions {
  readonly own: OwnAddresses;
  readonly tokens: Tokens;
  readonly registrar: Registrar;
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: Metrics;
  /** URI of the IM server. */
  readonly imServer: () => string;
  /** Takes the third-party REGISTER. */
  readonly tell: (request: SipRequest) => void;
}

export class RegisterRequests {
  readonly #options: RegisterRequestsOptions;

  constructor(options: RegisterRequestsOptions) {
    this.#options = options;
  }

  /** `sender`: the authenticated user. */
  async receive(exchange: Exchange, flow: Flow, sender: string | undefined): Promise<void> {
    const { request } = exchange;
    const { own, registrar, clock, metrics, random } = this.#options;
    const to = request.to;
    const isOurs = to !== undefined && own.isOurDomain(request.parsedUri) && own.isOurDomain(to.uri);
    if (!isOurs) return exchange.respond(respondTo(request, 404));
    const aor = userOf(to.uri);
    // §10.3 step 4: nobody registers for anybody else.
    if (aor !== sender) return exchange.respond(respondTo(request, 403));
    const now = clock.date().getTime();
    const path = [this.#pathTo(flow, request), ...request.headers.list('Path')];
    const { response, bindings } = await registrar.register(request, aor, path, now);
    if (bindings !== undefined) {
      metrics.count('sip_registrations_total');
      const latest = Math.max(now, ...bindings.map((binding) => binding.expiresAt));
      this.#tellImServer(request, aor, Math.ceil((latest - now) / 1000));
    }
    addToTag(response, () => newTag(random));
    exchange.respond(response);
  }

  /** Our Path URI (RFC 3327 §5.2). `ob` says that we keep the flow (RFC 5626 §5.1); over UDP that would take STUN, which is not here. */
  #pathTo(flow: Flow, request: SipRequest): string {
    const { own, tokens } = this.#options;
    const isFirstHop = request.vias.length === 1;
    return `<${own.uri(tokens.path(referenceTo(flow)), flow.transport, isFirstHop && flow.reliable ? ';lr;ob' : ';lr')}>`;
  }

  #tellImServer(original: SipRequest, aor: string, expires: number): void {
    const { own, random, imServer, tell } = this.#options;
    tell(thirdPartyRegister({ aor, expires, original, core: `sip:${own.domain}`, imServer: imServer() }, random));
  }
}
