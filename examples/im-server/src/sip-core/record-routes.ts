/*
 * Our Record-Route (RFC 3261 §16.6 step 4): put on requests that make a dialog, sealed for it, and completed when the callee's side is known.
 */
import { isSipUri } from '@simple-im/grammar';
import type { SipRequest } from '@simple-im/sip';
import { DIALOG_FORMING } from './originating-checks.js';
import type { OwnAddresses } from './own-addresses.js';
import type { DialogName, FlowReference, Tokens } from './tokens.js';

export interface RecordRoutesOptions {
  readonly own: OwnAddresses;
  readonly tokens: Tokens;
  /** How the IM server is reached, if it is another process. */
  readonly imServer?: { readonly transport: string } | undefined;
}

export class RecordRoutes {
  readonly #options: RecordRoutesOptions;

  constructor(options: RecordRoutesOptions) {
    this.#options = options;
  }

  /** Puts ours on top, unless it is there or the request makes no dialog; `caller` is the flow the request came over. */
  add(request: SipRequest, caller: FlowReference | undefined): void {
    if (!DIALOG_FORMING.includes(request.method) || request.toTag !== undefined || this.#isOnTop(request)) return;
    request.headers.prepend('Record-Route', this.#value(request, caller, undefined, this.#callerTransport(caller) ?? 'TCP'));
  }

  /** Completes ours for an IM server in another process, which is the other side until somebody answers. */
  nameImServer(request: SipRequest, caller: FlowReference | undefined): void {
    const { imServer } = this.#options;
    if (imServer !== undefined) this.nameCallee(request, caller, undefined, imServer.transport);
  }

  /** Completes ours with the callee's side; two values where the transports differ (RFC 5658 §3.2). */
  nameCallee(request: SipRequest, caller: FlowReference | undefined, callee: FlowReference | undefined, transport: string): void {
    if (!this.#isOnTop(request)) return;
    do request.headers.removeFirst('Record-Route'); while (this.#isOnTop(request));
    const callers = this.#callerTransport(caller);
    const sides = callers !== undefined && callers !== transport ? [callers, transport] : [transport];
    for (const side of sides) request.headers.prepend('Record-Route', this.#value(request, caller, callee, side));
  }

  /** The value that names this flow to the caller, for a dialog that a request of the caller makes or is in. */
  toCaller(request: SipRequest, caller: FlowReference): string {
    return this.#value(request, caller, undefined, caller.transport);
  }

  #value(request: SipRequest, caller: FlowReference | undefined, callee: FlowReference | undefined, transport: string): string {
    const { own, tokens } = this.#options;
    return `<${own.uri(tokens.route(dialogOf(request), caller, callee), transport, ';lr')}>`;
  }

  /** Without a caller it is the IM server that sends; undefined where that needs no socket. */
  #callerTransport(caller: FlowReference | undefined): string | undefined {
    return caller?.transport ?? this.#options.imServer?.transport;
  }

  /** Whether the topmost Record-Route is ours, of this dialog. */
  #isOnTop(request: SipRequest): boolean {
    if (!request.headers.has('Record-Route')) return false;
    const uri = request.recordRoutes[0]?.uri;
    if (uri === undefined || !isSipUri(uri) || uri.user === undefined) return false;
    return this.#options.tokens.readRoute(dialogOf(request), uri.user) !== undefined;
  }
}

/** Of a request that makes a dialog: its sender is the caller. */
function dialogOf(request: SipRequest): DialogName {
  return { callId: request.callId, callerTag: request.fromTag };
}
