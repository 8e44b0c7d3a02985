import { DigestServer } from '@simple-im/digest';
import { aorOf, concatBytes, isSipUri, parseUri, ProtocolError, utf8, type SipUri } from '@simple-im/grammar';
import { MessageSession, MsrpEndpoint, parseMsrpUri, type FrameSession } from '@simple-im/msrp';
import { formatMsrpAnswer, formatMsrpOffer, parseMsrpSdp, type MsrpMedia } from '@simple-im/msrp/sdp';
import {
  buildRequest, respondTo, responseOf, SipEndpoint, UserAgent,
  type Flow, type IncomingRequest, type SipRequest, type SipResponse, type Target, type UaDialog, type UaInvite,
} from '@simple-im/sip';
import type { Address, Clock, Network, Random, TlsIdentity, TlsNetwork } from '@simple-im/transport';
import { nodeHash } from '@simple-im/transport/node';

export const HOST = '192.0.2.100';

/** Where it runs. */
export interface Place {
  readonly host: string;
  readonly network: Network;
  readonly tls: TlsNetwork;
  readonly clock: Clock;
  readonly random: Random;
  /** 0 for ports that are free; those of UDP and TCP are the same. */
  readonly ports: { readonly sip: number; readonly sips: number; readonly msrp: number; readonly msrps: number };
  readonly identity: TlsIdentity;
  /** What our URIs of MSRP over TLS name, where the identity is not one of `host`. */
  readonly advertise?: Address;
}

interface Binding {
  readonly flow: Flow;
  readonly contact: string;
}

interface Parts {
  readonly from: string;
  readonly headers: [string, string][];
  readonly contentType: string;
  readonly body: Uint8Array;
  readonly callId: string;
  readonly cseq: number;
  readonly tag: string;
}

/**
 * A registrar that challenges, a proxy for MESSAGE, and a back-to-back agent for sessions, of one user agent: just enough
 * to put two clients in touch.
 */
export class TestServer {
  readonly endpoint: SipEndpoint;
  readonly ua: UserAgent;
  readonly msrp: MsrpEndpoint;
  readonly bindings = new Map<string, Binding>();
  readonly registers: SipRequest[] = [];
  readonly messages: SipRequest[] = [];
  /** Seconds; shorter registrations are answered 423. */
  minExpires = 60;
  granted: number | undefined;
  /** Instead of what would be done. */
  answerRegister: ((request: SipRequest) => SipResponse | undefined) | undefined;
  answerMessage: ((incoming: IncomingRequest) => boolean) | undefined;
  /** Adds P-Asserted-Identity to what goes on. */
  asserts = true;
  /** What is offered to the invited side. */
  setup: 'active' | 'actpass' = 'actpass';
  /** What is answered to the inviting side. */
  answered: 'active' | 'passive' = 'passive';
  /** `a=max-size` of what is answered to the inviting side. */
  maxSize: number | undefined;
  /** False: a session's messages from the inviting side are answered and passed on, and no REPORT tells of them. */
  reports = true;
  /** The port in our MSRP URIs instead of the one listened on. */
  mediaPort: number | undefined;
  /** Attributes of our descriptions. */
  attributes: readonly string[] = [];
  /** The body of what goes to the invited side. */
  invitation = (sdp: Uint8Array): { contentType: string; body: Uint8Array } => ({ contentType: 'application/sdp', body: sdp });
  /** Dialogs of the sessions: with the inviting and with the invited side. */
  readonly dialogs: (readonly [UaDialog, UaDialog])[] = [];
  /** Fields of the 200 to the inviting side. */
  accepted: [string, string][] = [];
  /** What an answer to a REGISTER holds besides the Contact. */
  registered: (contact: string) => readonly [string, string][] = (contact) => [['Contact', contact]];
  readonly #place: Place;
  readonly #digest: DigestServer;

  constructor(place: Place) {
    this.#place = place;
    const { network, tls, clock, random } = place;
    this.endpoint = new SipEndpoint({ network, tls, clock, random });
    this.#reachClientsByTheirFlows();
    this.ua = new UserAgent({ endpoint: this.endpoint, aor: 'sip:server@example.com', hash: nodeHash });
    this.msrp = new MsrpEndpoint({ network, tls, clock, random });
    this.#digest = new DigestServer({ hash: nodeHash, realm: 'example.com', key: random.bytes(32), random });
    const underneath = this.endpoint.onRequest;
    this.endpoint.onRequest = (incoming) => {
      if (incoming.request.method === 'REGISTER') this.#register(incoming);
      else if (incoming.request.method === 'MESSAGE') this.#message(incoming);
      else underneath(incoming);
    };
    this.ua.handle('INVITE', (incoming) => this.#invite(incoming));
  }

  /** The ports as bound. */
  async listen(): Promise<Place['ports']> {
    const { host, ports, identity, advertise } = this.#place;
    const { port: sip } = await this.endpoint.listenTcp({ host, port: ports.sip });
    await this.endpoint.listenUdp({ host, port: sip });
    const { port: sips } = await this.endpoint.listenTls({ host, port: ports.sips }, { identity });
    const { port: msrp } = await this.msrp.listen({ host, port: ports.msrp });
    const options = { identity, ...(advertise === undefined ? {} : { advertise }) };
    const { port: msrps } = await this.msrp.listenTls({ host, port: ports.msrps }, options);
    return { sip, sips, msrp, msrps };
  }

  async close(): Promise<void> {
    this.ua.close();
    await Promise.all([this.endpoint.close(), this.msrp.close()]);
  }

  #register(incoming: IncomingRequest): void {
    const { request, flow } = incoming;
    this.registers.push(request);
    const own = this.answerRegister?.(request);
    if (own !== undefined) {
      incoming.respond(own);
      return;
    }
    const answer = (status: number, headers: [string, string][]): void => {
      incoming.respond(respondTo(request, status, { headers, toTag: 'registrar' }));
    };
    const now = this.#place.clock.date().getTime();
    const credentials = this.#digest.credentials(request.headers.all('Authorization'));
    const asked = { method: 'REGISTER', matchesUri: () => true };
    const verdict = credentials && this.#digest.verify(credentials, { password: 'wonderland' }, asked, now);
    if (verdict?.ok !== true) {
      answer(401, this.#digest.challenges(now).map((challenge) => ['WWW-Authenticate', challenge]));
      return;
    }
    const expires = request.expires ?? 3600;
    if (expires > 0 && expires < this.minExpires) {
      answer(423, [['Min-Expires', String(this.minExpires)]]);
      return;
    }
    const aor = aorOf(parseUri(request.to?.uriText ?? ''));
    const contact = request.contacts[0]?.uriText ?? '';
    if (expires === 0) this.bindings.delete(aor);
    else this.bindings.set(aor, { flow, contact });
    const bound = `${request.headers.get('Contact') ?? ''};expires=${this.granted ?? expires}`;
    answer(200, expires === 0 ? [] : [...this.registered(bound)]);
  }

  #message(incoming: IncomingRequest): void {
    const { request } = incoming;
    this.messages.push(request);
    if (this.answerMessage?.(incoming) === true) return;
    const binding = this.bindings.get(aorOf(request.parsedUri));
    if (binding === undefined) {
      incoming.respond(respondTo(request, 404, { toTag: 'server' }));
      return;
    }
    const onward = request.clone();
    onward.uri = binding.contact;
    if (this.asserts) onward.headers.set('P-Asserted-Identity', `"Asserted" <${request.from?.uriText}>`);
    this.endpoint.request(onward, binding.flow, {
      response: (response) => {
        response.headers.removeFirst('Via');
        incoming.respond(response);
      },
      failed: () => incoming.respond(respondTo(request, 408, { toTag: 'server' })),
    });
  }

  /** What a client listens nowhere for: its Contact leads to the flow it registered over (RFC 5626 §5.3). */
  #reachClientsByTheirFlows(): void {
    const { locator } = this.endpoint;
    const usual = locator.locate.bind(locator);
    locator.locate = (uri, choice) => {
      const host = parseSip(uri)?.host ?? '';
      const flow = [...this.bindings.values()].find(({ contact }) => parseSip(contact)?.host === host)?.flow;
      return flow?.reliable === true ? only({ transport: flow.transport, address: flow.remote, flow }) : usual(uri, choice);
    };
  }

  /** Hands a request to a client as the proxy would, whatever it is. */
  toClient(aor: string, method: string, parts: Partial<Parts> = {}): Promise<SipResponse> {
    const { flow, contact } = this.bindings.get(aor) as Binding;
    const { from = 'sip:carol@example.com', tag = this.endpoint.newTag(), ...rest } = parts;
    const sender = `<${from}>;tag=${tag}`;
    const callId = this.endpoint.newCallId();
    const request = buildRequest({ method, uri: contact, from: sender, to: `<${aor}>`, callId, cseq: 1, ...rest });
    return new Promise((response, failed) => {
      this.endpoint.request(request, flow, { response: (one) => one.status >= 200 && response(one), failed });
    });
  }

  async #invite(incoming: UaInvite): Promise<void> {
    const { request } = incoming;
    const binding = this.bindings.get(aorOf(request.to?.uri ?? request.parsedUri));
    if (binding === undefined) {
      incoming.respond(request.to?.uriText === 'sip:silent@example.com' ? 100 : 404);
      return;
    }
    const offer = parseMsrpSdp(request.body);
    const kinds = [kindFor(binding.flow), kindOf(offer)] as const;
    const towardsCallee = this.#leg(kinds[0]);
    const towardsCaller = this.reports ? this.#leg(kinds[1]) : this.#silentLeg(towardsCallee);
    const onward = this.ua.invite(binding.contact, {
      ...this.invitation(utf8(formatMsrpOffer({ ...this.#describe(towardsCallee, offer), setup: this.setup }, { sessionId: 1, version: 1 }))),
      headers: [
        ...request.headers.all('Accept-Contact').map((value): [string, string] => ['Accept-Contact', value]),
        ...(this.asserts ? [['P-Asserted-Identity', `<${request.from?.uriText}>`] as [string, string]] : []),
      ],
    });
    onward.onProvisional = ({ status }) => incoming.answered || incoming.respond(status);
    incoming.onCancelled = () => onward.cancel();
    try {
      const { response, dialog } = await onward.answered;
      onward.ack();
      const answer = parseMsrpSdp(response.body);
      const bound = towardsCallee.accept(answer.path);
      const { maxSize } = this;
      const media = { ...this.#describe(towardsCaller, answer), setup: this.answered, ...(maxSize === undefined ? {} : { maxSize }) };
      const body = utf8(formatMsrpAnswer(request.body, media, { sessionId: 2, version: 1 }));
      const boundToo = towardsCaller.accept(offer.path);
      const other = await incoming.accept({ contentType: 'application/sdp', body, headers: this.accepted });
      await Promise.all([bound, boundToo]);
      this.#join([other, dialog], [towardsCaller, towardsCallee]);
    } catch (error) {
      if (!ProtocolError.is(error)) throw error;
      if (!incoming.answered) incoming.respond(responseOf(error)?.status ?? 480);
    }
  }

  #leg(kind: Kind): MessageSession {
    return this.msrp.createSession({ acknowledge: 'accepted', ...kind, ...(this.mediaPort === undefined ? {} : { port: this.mediaPort }) });
  }

  /** A leg that passes each message on in one piece, answers 200 and never reports. */
  #silentLeg(onward: MessageSession): FrameSession {
    let pieces: Uint8Array[] = [];
    let end = (): void => undefined;
    return this.msrp.createSession({
      sink: {
        head: (head, connection) => {
          pieces = [];
          end = () => {
            connection.respond(head, 200);
            if (head.contentType !== undefined) onward.send({ contentType: head.contentType, body: concatBytes(pieces) });
          };
        },
        body: (bytes) => pieces.push(bytes),
        end: () => end(),
        response: () => undefined,
        lost: () => undefined,
      },
    });
  }

  /** Our leg, taking what the other side takes. */
  #describe(leg: MessageSession | FrameSession, { acceptTypes, acceptWrappedTypes = [] }: MsrpMedia) {
    const { host, port = 2855, secure } = parseMsrpUri(leg.uri);
    return { address: { host, port }, secure, path: [leg.uri], acceptTypes, acceptWrappedTypes, attributes: this.attributes };
  }

  #join(dialogs: readonly [UaDialog, UaDialog], legs: readonly [MessageSession | FrameSession, MessageSession]): void {
    this.dialogs.push(dialogs);
    for (const at of [0, 1] as const) {
      const other = at === 0 ? 1 : 0;
      const [from, to] = [legs[at], legs[other]];
      if (from instanceof MessageSession && to instanceof MessageSession) from.attach({
        message: (message) => {
          const onward = to.send({ contentType: message.contentType, body: message, messageId: message.messageId });
          onward.accepted.then(() => message.accept(), (error: ProtocolError) => message.refuse(error.status ?? 400));
        },
      });
      dialogs[at].onTerminated = (end) => {
        if (end !== 'remote') return;
        dialogs[other].bye().catch(() => undefined);
        for (const leg of legs) leg.close();
      };
    }
  }
}

interface Kind {
  readonly secure: boolean;
  readonly transport: 'tcp' | 'ws';
}

/** What a client can have, by how it registered. */
function kindFor({ transport }: Flow): Kind {
  const isWebSocket = transport === 'WS' || transport === 'WSS';
  return { secure: transport === 'TLS' || transport === 'WSS', transport: isWebSocket ? 'ws' : 'tcp' };
}

/** What a description wants. */
function kindOf({ path }: MsrpMedia): Kind {
  const { secure, transport } = parseMsrpUri(path.at(-1) as string);
  return { secure, transport: transport === 'ws' ? 'ws' : 'tcp' };
}

function parseSip(text: string): SipUri | undefined {
  const uri = parseUri(text);
  return isSipUri(uri) ? uri : undefined;
}

async function* only(target: Target): AsyncGenerator<Target, void, undefined> {
  yield target;
}
