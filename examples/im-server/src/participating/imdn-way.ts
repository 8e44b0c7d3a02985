/*
 * The IM server on the way of disposition notifications (RFC 5438 §8): it asks to be, and passes on what comes because of that.
 */
import {
  addRecordRoute, decodeCpim, encodeCpim, isNotification, notificationTarget, notifyRequests, popRoute, recordRoutes, type CpimMessage,
} from '@simple-im/cpim';
import { aorOf, isSipUri, parseUri, ProtocolError, type Uri } from '@simple-im/grammar';
import { respondTo, type SipRequest } from '@simple-im/sip';
import { imServerAddress, isImServerAddress } from '../im-server-address.js';
import type { Im2Core, Im2Request } from '../reference-points.js';
import { assertedIdentity } from './policy.js';

export interface ImdnWayOptions {
  readonly core: Im2Core;
  /** The domain we serve. */
  readonly domain: string;
  /** Whether notifications are asked to come back through us. */
  readonly imdnRecordRoute: boolean;
}

export class ImdnWay {
  readonly #options: ImdnWayOptions;

  constructor(options: ImdnWayOptions) {
    this.#options = options;
  }

  /** Puts us on top of IMDN-Record-Route, where the message asks for notifications and we are not there already. */
  stayOn(request: SipRequest): void {
    const { imdnRecordRoute, domain } = this.#options;
    const message = imdnRecordRoute ? cpimOf(request) : undefined;
    if (message === undefined || !asks(message)) return;
    const [top] = recordRoutes(message);
    if (top !== undefined && isImServerAddress(top.uri, domain)) return;
    request.body = encodeCpim(addRecordRoute(message, { uri: imServerAddress(domain) }));
  }

  /** A MESSAGE for ourselves: a notification on its way, to the next IMDN-Route or to the To of CPIM. Anything else finds nobody here. */
  receive(exchange: Im2Request): void {
    const { request } = exchange;
    const message = cpimOf(request);
    const passed = message !== undefined && isNotification(message) ? popRoute(message, (uri) => isImServerAddress(uri, this.#options.domain)) : undefined;
    if (passed === undefined || passed === message) return exchange.respond(respondTo(request, 404));
    const target = targetOf(passed);
    if (target === undefined) return exchange.respond(respondTo(request, 404));
    // Strangers reach our users through us, and nobody else.
    const isRelaying = assertedIdentity(request) === undefined && hostOf(target) !== this.#options.domain;
    if (isRelaying) return exchange.respond(respondTo(request, 403, { reason: 'Relaying Denied' }));
    const copy = request.clone();
    copy.uri = aorOf(target).replace(/^(?:sips|im|pres):/, 'sip:');
    copy.body = encodeCpim(passed);
    this.#options.core.request(copy, undefined, {
      response: (response) => exchange.respond(response),
      failed: () => exchange.respond(respondTo(request, 480)),
    });
  }
}

/** Undefined for what is no CPIM, or cannot be read: then it is passed on as it is. */
function cpimOf(request: SipRequest): CpimMessage | undefined {
  if (request.contentType?.type !== 'message/cpim') return undefined;
  return orUndefined(() => decodeCpim(request.body, { liberal: true }));
}

function asks(message: CpimMessage): boolean {
  return orUndefined(() => notifyRequests(message).length > 0) ?? false;
}

function targetOf(message: CpimMessage): Uri | undefined {
  const target = orUndefined(() => notificationTarget(message));
  const uri = target === undefined ? undefined : uriOf(target.uri);
  return uri === undefined || hostOf(uri).endsWith('.invalid') ? undefined : uri;
}

function uriOf(text: string): Uri | undefined {
  return orUndefined(() => parseUri(text));
}

function hostOf(uri: Uri): string {
  return isSipUri(uri) || uri.scheme === 'im' || uri.scheme === 'pres' ? uri.host.toLowerCase() : '';
}

function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!ProtocolError.is(error)) throw error;
    return undefined;
  }
}
