import { Params, ProtocolError, formatNameAddr } from '@simple-im/grammar';
import { formatAddress } from '@simple-im/transport';
import type { Authenticator } from './authenticator.js';
import { buildRequest } from './build.js';
import { contactUriOf } from './contact-uri.js';
import { isLooseRouter } from './dialog.js';
import type { SipEndpoint } from './endpoint.js';
import type { Candidates } from './failover-candidates.js';
import { FailoverRequest } from './failover.js';
import type { Flow } from './flow.js';
import type { SipRequest, SipResponse } from './message.js';
import type { OutboundCommand, OutboundFlow } from './outbound-flow.js';
import type { OutboundOptions } from './outbound.js';
import type { Target } from './resolve.js';

export interface Registration {
  readonly machine: OutboundFlow;
  readonly regId: number;
  /** The outbound proxy. */
  readonly proxy: string | Target;
  readonly callId: string;
  cseq: number;
}

export interface RegisterParts {
  readonly registration: Registration;
  readonly command: Extract<OutboundCommand, { do: 'register' }>;
  readonly options: OutboundOptions;
  /** The Request-URI. */
  readonly registrar: string;
  readonly authenticator: Authenticator | undefined;
  /** The machine was told the outcome. */
  done(): void;
}

/** A registrar without outbound may want keepalives all the same (RFC 6223 §4.2.2). */
const KEEP = { keep: true };
/** Challenges answered for one REGISTER. */
const MAX_CHALLENGES = 4;

/** One REGISTER with the challenges it meets. */
export class RegisterAttempt {
  readonly #parts: RegisterParts;
  #challenges = 0;

  constructor(parts: RegisterParts) {
    this.#parts = parts;
  }

  /** Over the flow it has (§4.2.2), else to the best place of the proxy (RFC 3263). Outcomes come later, never within. */
  send(): void {
    const { registration, command: { flow }, options: { endpoint } } = this.#parts;
    registration.cseq += 1;
    if (flow !== undefined) {
      this.#sendOver(flow, this.#build(flow));
      return;
    }
    const request = new FailoverRequest(endpoint, this.#build(undefined), candidatesOf(endpoint, registration.proxy), {
      prepare: (target) => this.#build(endpoint.flowTo(target)),
      response: (response, sent, target) => this.#response(response, sent, request.outgoing?.flow ?? endpoint.flowTo(target)),
      failed: (error) => this.#failed(error),
    }, KEEP);
  }

  #sendOver(flow: Flow, request: SipRequest): void {
    try {
      this.#parts.options.endpoint.request(request, flow, {
        response: (response) => this.#response(response, request, flow),
        failed: (error) => this.#failed(error),
      }, KEEP);
    } catch (error) {
      if (!ProtocolError.is(error)) throw error;
      void Promise.resolve().then(() => this.#failed(error));
    }
  }

  #response(response: SipResponse, sent: SipRequest, flow: Flow): void {
    const { status } = response;
    if (status < 200 || ((status === 401 || status === 407) && this.#answer(response, sent, flow))) return;
    const { registration, command, options, done } = this.#parts;
    registration.machine.response(command.attempt, response, flow, options.endpoint.clock.now());
    done();
  }

  #failed(error: ProtocolError): void {
    const { registration, command, options, done } = this.#parts;
    registration.machine.failed(command.attempt, error, options.endpoint.clock.now());
    done();
  }

  /** RFC 3261 §22.2; over the same flow. */
  #answer(response: SipResponse, sent: SipRequest, flow: Flow): boolean {
    const { authenticator, registration } = this.#parts;
    this.#challenges += 1;
    registration.cseq += 1;
    const retry = this.#build(flow, false);
    const answered = this.#challenges <= MAX_CHALLENGES && authenticator?.answer(response, sent, retry, formatAddress(flow.remote)) === true;
    if (answered) this.#sendOver(flow, retry);
    return answered;
  }

  #build(flow: Flow | undefined, authorize = true): SipRequest {
    const { registration, command: { expires, outbound }, options: { endpoint, aor, userAgent }, registrar, authenticator } = this.#parts;
    const request = buildRequest({
      method: 'REGISTER',
      uri: registrar,
      from: { uri: aor, params: Params.of({ tag: endpoint.newTag() }) },
      to: formatNameAddr({ uri: aor }),
      callId: registration.callId,
      cseq: registration.cseq,
      routes: typeof registration.proxy === 'string' && isLooseRouter(registration.proxy) ? [`<${registration.proxy}>`] : [],
      headers: [
        ...(flow === undefined ? [] : [['Contact', this.#contact(flow)] as const]),
        ['Expires', String(expires)],
        ['Supported', outbound ? 'path, outbound, gruu' : 'path, gruu'],
        ...(userAgent === undefined ? [] : [['User-Agent', userAgent] as const]),
      ],
    });
    if (authorize && flow !== undefined) authenticator?.authorize(request, formatAddress(flow.remote));
    return request;
  }

  #contact(flow: Flow): string {
    const { registration, command, options: { aor, instance, contactParams = '' } } = this.#parts;
    const regId = command.outbound ? `;reg-id=${registration.regId}` : '';
    return `<${contactUriOf(aor, flow)}>${regId};+sip.instance="<${instance}>"${contactParams}`;
  }
}

function candidatesOf({ locator }: SipEndpoint, proxy: string | Target): Candidates {
  return typeof proxy === 'string' ? locator.candidates(proxy) : locator.candidatesAmong([proxy]);
}
