/* The IM server's participating function with a core in its place that keeps what it is given, and two users' SIP by hand. */
import { parseNameAddr, utf8, utf8Text } from '@simple-im/grammar';
import { formatMsrpAnswer, formatMsrpOffer, parseMsrpSdp, type MsrpMedia, type Setup } from '@simple-im/msrp/sdp';
import { buildRequest, respondTo, type SipRequest, type SipResponse } from '@simple-im/sip';
import type { Network } from '@simple-im/transport';
import { FakeClock, FakeNetwork, FakeRandom, type FakeNetworkOptions } from '@simple-im/transport/fake';
import { defaultSettings, type Admission, type Deferral, type Delivery, type ImService, type ServiceSettings } from '../../src/internal-ports.js';
import { GuardedNetwork, mediaDenyList } from '../../src/media/guarded-network.js';
import { Media } from '../../src/media/media.js';
import { silentLog } from '../../src/observe/log.js';
import { RegistrationAvailability } from '../../src/participating/availability.js';
import { ImdnWay } from '../../src/participating/imdn-way.js';
import { Participating, type ParticipatingOptions } from '../../src/participating/participating.js';
import { openAdmission, Policy } from '../../src/participating/policy.js';
import { ServiceProfiles } from '../../src/participating/services.js';
import type { Im2Core, Im2Handlers, Im2Outgoing, Im2Request, SessionCase } from '../../src/reference-points.js';
import { RecordedMetrics, SERVER } from './support.js';

export interface Sent {
  readonly request: SipRequest;
  readonly originalDialog: string | undefined;
  readonly handlers: Im2Handlers;
  cancelled: boolean;
}

export class FakeCore implements Im2Core {
  readonly sent: Sent[] = [];
  readonly acks: SipRequest[] = [];

  request(request: SipRequest, originalDialog: string | undefined, handlers: Im2Handlers): Im2Outgoing {
    const sent: Sent = { request, originalDialog, handlers, cancelled: false };
    this.sent.push(sent);
    return {
      cancel: () => {
        sent.cancelled = true;
      },
    };
  }

  ack(request: SipRequest): void {
    this.acks.push(request);
  }

  contactUri(leg: string): string {
    return `sip:im-server.${leg}@example.com;transport=tcp`;
  }

  /** What was sent with a method, in order. */
  of(method: string): Sent[] {
    return this.sent.filter(({ request }) => request.method === method);
  }
}

export class Exchange implements Im2Request {
  readonly request: SipRequest;
  readonly sessionCase: SessionCase | undefined;
  readonly servedUser: string | undefined;
  readonly originalDialog: string | undefined;
  readonly responses: SipResponse[] = [];
  onCancelled: (() => void) | undefined = undefined;

  constructor(request: SipRequest, sessionCase?: SessionCase, servedUser?: string) {
    this.request = request;
    this.sessionCase = sessionCase;
    this.servedUser = servedUser;
    this.originalDialog = sessionCase === undefined ? undefined : `od-${sessionCase}`;
  }

  respond(response: SipResponse): void {
    this.responses.push(response);
  }

  get statuses(): number[] {
    return this.responses.map(({ status }) => status);
  }

  get last(): SipResponse {
    const last = this.responses.at(-1);
    if (last === undefined) throw new Error('no response');
    return last;
  }
}

export const ALICE_PATH = 'msrp://192.0.2.11:2855/alice1234;tcp';
export const BOB_PATH = 'msrp://192.0.2.12:2855/bob12345;tcp';

function mediaAt(path: string, setup: Setup | undefined, more: Partial<MsrpMedia> = {}): Parameters<typeof formatMsrpOffer>[0] {
  const host = path.split('/')[2]?.split(':')[0] ?? '';
  return {
    address: { host, port: 2855 },
    path: [path],
    acceptTypes: ['text/plain', 'message/cpim'],
    ...(setup === undefined ? {} : { setup }),
    ...more,
  };
}

export function offer(setup: 'active' | 'actpass' = 'actpass', more: Partial<MsrpMedia> = {}, path = ALICE_PATH): Uint8Array {
  return utf8(formatMsrpOffer(mediaAt(path, setup, more), { sessionId: 1, version: 1 }));
}

export function answerTo(
  offered: Uint8Array,
  setup: 'active' | 'passive' = 'active',
  more: Partial<MsrpMedia> = {},
  path = BOB_PATH,
): Uint8Array {
  return utf8(formatMsrpAnswer(offered, mediaAt(path, setup, more), { sessionId: 2, version: 1 }));
}

export interface InviteOptions {
  readonly body?: Uint8Array;
  readonly contentType?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly contact?: string | undefined;
  readonly uri?: string;
}

export function inviteOf(options: InviteOptions = {}): SipRequest {
  const { body = offer(), contentType = 'application/sdp', headers = [], uri = 'sip:bob@example.com' } = options;
  const contact = 'contact' in options ? options.contact : '<sip:alice@192.0.2.11>';
  return buildRequest({
    method: 'INVITE',
    uri,
    cseq: 1,
    callId: 'call-1',
    from: '"Alice" <sip:alice@example.com>;tag=a1',
    to: `<${uri}>`,
    maxForwards: 10,
    headers: [
      ['Via', 'SIP/2.0/TCP 192.0.2.11;branch=z9hG4bK1'],
      ['Record-Route', '<sip:token@192.0.2.1;lr>'],
      ...(contact === undefined ? [] : [['Contact', contact] as const]),
      ['P-Asserted-Identity', '<sip:alice@example.com>'],
      ...headers,
    ],
    contentType: body.length === 0 ? undefined : contentType,
    body,
  });
}

export interface Scene {
  readonly clock: FakeClock;
  readonly network: FakeNetwork;
  readonly core: FakeCore;
  readonly media: Media;
  readonly metrics: RecordedMetrics;
  readonly participating: Participating;
  /** Gives a request to the participating function and lets its promises settle. */
  receive(request: SipRequest, sessionCase?: SessionCase, servedUser?: string): Promise<Exchange>;
}

export async function scene(
  options: { readonly admission?: Admission; readonly deferral?: Deferral; readonly imdnRecordRoute?: boolean; readonly delivery?: Delivery; readonly denied?: readonly string[]; readonly host?: string; readonly bobAway?: boolean; readonly services?: ReadonlyMap<string, readonly ImService[]>; readonly settings?: ServiceSettings; readonly wire?: FakeNetworkOptions; readonly more?: Partial<ParticipatingOptions> } = {},
): Promise<Scene> {
  const { admission = openAdmission, denied = [], host = SERVER } = options;
  const clock = new FakeClock();
  const network = new FakeNetwork({ clock, ...options.wire });
  const metrics = new RecordedMetrics();
  const core = new FakeCore();
  const guarded: Network = new GuardedNetwork(network.at(host), network.resolver, mediaDenyList({ denied, listening: [host] }));
  const media = new Media({ network: guarded, clock, random: new FakeRandom(1), metrics });
  await media.listen({ host, port: 2855 }, undefined);
  const settings = { of: () => options.settings ?? defaultSettings };
  const participating = new Participating({
    core,
    media,
    clock,
    metrics,
    random: new FakeRandom(2),
    log: silentLog,
    domain: 'example.com',
    policy: new Policy({ admission, metrics, domain: 'example.com', profiles: new ServiceProfiles(options.services), settings }),
    publications: { receive: (exchange) => exchange.respond(respondTo(exchange.request, 489)) },
    availability: new RegistrationAvailability(() => clock.now()),
    settings,
    deferral: options.deferral,
    delivery: options.delivery,
    services: {},
    pagerTimeout: 10_000,
    imdnWay: new ImdnWay({ core, domain: 'example.com', imdnRecordRoute: options.imdnRecordRoute ?? false }),
    ...options.more,
  });
  const receive = async (request: SipRequest, sessionCase?: SessionCase, servedUser?: string): Promise<Exchange> => {
    const exchange = new Exchange(request, sessionCase, servedUser);
    participating.receive(exchange);
    await clock.settle();
    return exchange;
  };
  if (options.bobAway !== true) await receive(thirdPartyRegister('sip:bob@example.com', 600));
  return { clock, network, core, media, metrics, participating, receive };
}

export function thirdPartyRegister(aor: string, expires: number): SipRequest {
  return buildRequest({
    method: 'REGISTER',
    uri: 'sip:im-server@example.com',
    cseq: 1,
    callId: 'reg-1',
    from: '<sip:example.com>;tag=c1',
    to: `<${aor}>`,
    headers: [['Expires', String(expires)]],
  });
}

export interface Invited extends Scene {
  readonly caller: Exchange;
  /** The INVITE to Bob. */
  readonly toBob: Sent;
}

export async function invited(options: Parameters<typeof scene>[0] & InviteOptions = {}): Promise<Invited> {
  const stage = await scene(options);
  const caller = await stage.receive(inviteOf(options), 'terminating', 'sip:bob@example.com');
  const [toBob] = stage.core.of('INVITE');
  if (toBob === undefined) throw new Error(`answered ${caller.last.status}`);
  return { ...stage, caller, toBob };
}

/** Bob's 200. */
export function accept(sent: Sent, options: { readonly body?: Uint8Array; readonly tag?: string } = {}): void {
  const { body = answerTo(sent.request.body), tag = 'b1' } = options;
  sent.handlers.response(
    respondTo(sent.request, 200, { toTag: tag, headers: [['Contact', '<sip:bob@192.0.2.12>']], contentType: 'application/sdp', body }),
  );
}

/** A request of a user within the dialog that a message of the IM server made. */
export function within(
  user: 'alice' | 'bob',
  up: Invited,
  method: string,
  cseq: number,
  options: { readonly body?: Uint8Array; readonly toTag?: string; readonly headers?: readonly (readonly [string, string])[] } = {},
): SipRequest {
  const fromAlice = user === 'alice';
  const ours = fromAlice ? up.caller.responses.find(({ toTag }) => toTag !== undefined) : up.toBob.request;
  const contact = ours?.contacts[0]?.uriText ?? '';
  const tag = options.toTag ?? (fromAlice ? ours?.toTag : up.toBob.request.fromTag) ?? '';
  return buildRequest({
    method,
    uri: contact,
    cseq,
    callId: (fromAlice ? up.caller.request.callId : up.toBob.request.callId) ?? '',
    from: fromAlice ? '<sip:alice@example.com>;tag=a1' : '<sip:bob@example.com>;tag=b1',
    to: fromAlice ? `<sip:bob@example.com>;tag=${tag}` : `<sip:alice@example.com>;tag=${tag}`,
    headers: [['Via', 'SIP/2.0/TCP 192.0.2.11;branch=z9hG4bK2'], ['Contact', `<sip:${user}@192.0.2.9>`], ...(options.headers ?? [])],
    contentType: options.body === undefined ? undefined : 'application/sdp',
    body: options.body,
  });
}

/** Both dialogs are up and acknowledged; the media is not connected. */
export async function established(options: Parameters<typeof invited>[0] = {}): Promise<Invited> {
  const up = await invited(options);
  accept(up.toBob);
  up.participating.ack(within('alice', up, 'ACK', 1));
  await up.clock.settle();
  return up;
}

export function sdpOf(message: SipRequest | SipResponse): MsrpMedia {
  return parseMsrpSdp(message.body);
}

export function lines(message: SipRequest | SipResponse): string[] {
  return utf8Text(message.body).split('\r\n');
}

export function addressOf(value: string | undefined): string {
  return value === undefined ? '' : parseNameAddr(value).uriText;
}
