import { isSipUri, parseUri, type SipUri } from '@simple-im/grammar';
import type { Target, TransportName } from '@simple-im/sip';
import { imError } from './errors.js';
import type { ImPlatform } from './options.js';

/** Where every request goes first: a SIP URI, or the URL of a WebSocket. */
export interface Proxy {
  /** What `Outbound` and `UserAgent` take. */
  readonly place: string | Target;
  /** A loose router: its URI is a Route too. */
  readonly route: string | undefined;
}

/** Throws IM_BAD_OPTION, GRAMMAR_BAD_URI. */
export function proxyOf(text: string, platform: ImPlatform): Proxy {
  const url = /^wss?:/i.test(text) ? webSocketTarget(text) : undefined;
  const uri = url === undefined ? sipUriOption('proxy', text) : undefined;
  const transport = url?.transport ?? (uri === undefined ? undefined : transportOf(uri));
  if (transport !== undefined && !speaks(platform, transport)) {
    const driver = { UDP: 'network', TCP: 'network', TLS: 'tls', WS: 'webSockets', WSS: 'webSockets' }[transport];
    throw imError('IM_BAD_OPTION', { detail: `proxy is reached over ${transport}, which needs platform.${driver}` });
  }
  return { place: url ?? text, route: uri?.params.has('lr') === true ? text : undefined };
}

export function sipUriOption(name: string, text: string): SipUri {
  const uri = parseUri(text);
  if (!isSipUri(uri)) throw imError('IM_BAD_OPTION', { detail: `${name} is not a SIP URI` });
  return uri;
}

function webSocketTarget(url: string): Target {
  if (!URL.canParse(url)) throw imError('IM_BAD_OPTION', { detail: 'proxy is not a URL' });
  const { protocol, hostname, port } = new URL(url);
  const secure = protocol === 'wss:';
  const host = hostname.replace(/^\[|\]$/g, '');
  return { transport: secure ? 'WSS' : 'WS', address: { host, port: port === '' ? (secure ? 443 : 80) : Number(port) }, url };
}

/** The transport a URI names; without one the DNS decides (RFC 3263 §4.1). */
function transportOf({ scheme, params }: SipUri): TransportName | undefined {
  const named = params.get('transport')?.toUpperCase();
  if (scheme === 'sips') return named === 'WS' || named === 'WSS' ? 'WSS' : 'TLS';
  const names: readonly TransportName[] = ['UDP', 'TCP', 'TLS', 'WS', 'WSS'];
  return names.find((name) => name === named);
}

function speaks({ network, tls, webSockets }: ImPlatform, transport: TransportName): boolean {
  if (transport === 'TLS') return tls !== undefined;
  return transport === 'WS' || transport === 'WSS' ? webSockets !== undefined : network !== undefined;
}
