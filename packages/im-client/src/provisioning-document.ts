import { isSipUri, parseUri, ProtocolError } from '@simple-im/grammar';
import { attribute, elements, readXml, type XmlElement, type XmlReadOptions } from '@simple-im/xml';
import { writeXmlBytes, type ElementDescription } from '@simple-im/xml/write';
import { imError } from './errors.js';

/*
 * The client provisioning document: the XML of OMA Client Provisioning with the parameter names that RCS clients know. Which of them
 * an OMA IM client reads was never published in full: docs/profile.md lists ours.
 */

export const PROVISIONING_TYPE = 'text/vnd.wap.connectivity-xml';

/** What a client needs to know to be one. */
export interface Provisioning {
  /** Goes up with every change. */
  readonly version: number;
  /** Seconds for which it may be used without asking again. */
  readonly validity: number;
  readonly aor: string;
  readonly domain: string;
  /** A SIP URI: where every request goes first. */
  readonly proxy: string;
  /** The URL of the same for who speaks SIP over WebSocket alone, a web page: `wss://im.example.com/sip`. */
  readonly webSocket?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly realm?: string | undefined;
  readonly services: ProvisionedServices;
  readonly limits: ProvisionedLimits;
  /** Seconds after which a session nobody uses is left (`TimerIdle`). */
  readonly idleTime?: number | undefined;
  /** Seconds a registration is asked for. */
  readonly registrationTime?: number | undefined;
  /** Invitations of one user, and of groups, are accepted at once. */
  readonly autoAccept?: boolean | undefined;
  readonly autoAcceptGroup?: boolean | undefined;
}

/** URIs of the services of the IM server. */
export interface ProvisionedServices {
  readonly conferenceFactory?: string | undefined;
  readonly exploder?: string | undefined;
  readonly deferredMessages?: string | undefined;
  readonly history?: string | undefined;
}

/** In octets, but for the members. */
export interface ProvisionedLimits {
  /** Of a MESSAGE request, above which a message goes as a large one. */
  readonly pagerRequest?: number | undefined;
  readonly message?: number | undefined;
  readonly groupMessage?: number | undefined;
  readonly file?: number | undefined;
  readonly groupMembers?: number | undefined;
}

const xmlLimits: XmlReadOptions = { maxOctets: 65_536, maxDepth: 16, maxAttributes: 16, maxNodes: 4000 };

/** Reads a document; parameters nobody here knows are passed over. Throws IM_BAD_PROVISIONING and XML_... of `@simple-im/xml`. */
export function readProvisioning(bytes: Uint8Array, options: XmlReadOptions = {}): Provisioning {
  const { root } = readXml(bytes, { ...xmlLimits, ...options });
  if (root.local !== 'wap-provisioningdoc') throw bad('the root is not wap-provisioningdoc');
  const found = new Parameters(root);
  const aor = sipUri(found.text('Public_User_Identity_List', 'Public_User_Identity'), 'Public_User_Identity');
  const uri = parseUri(aor);
  return {
    version: found.number('VERS', 'version') ?? 0,
    validity: found.number('VERS', 'validity') ?? 0,
    aor,
    domain: found.text('APPLICATION', 'Home_network_domain_name') ?? (isSipUri(uri) ? uri.host : ''),
    proxy: sipUri(asUri(found.text('LBO_P-CSCF_Address', 'Address')), 'Address'),
    webSocket: webSocketUrl(found.text('LBO_P-CSCF_Address', 'WebSocketAddress')),
    username: found.text('APPAUTH', 'UserName'),
    password: found.text('APPAUTH', 'UserPwd'),
    realm: found.text('APPAUTH', 'Realm'),
    services: {
      conferenceFactory: found.text('IM', 'conf-fcty-uri'),
      exploder: found.text('IM', 'exploder-uri'),
      deferredMessages: found.text('IM', 'deferred-msg-func-uri'),
      history: found.text('IM', 'conv-hist-func-uri'),
    },
    limits: {
      pagerRequest: found.number('IM', 'SwitchoverSize'),
      message: found.number('IM', 'MaxSize1to1'),
      groupMessage: found.number('IM', 'MaxSize1toM'),
      file: found.number('IM', 'MaxSizeFileTr'),
      groupMembers: found.number('IM', 'max_adhoc_group_size'),
    },
    idleTime: found.number('IM', 'TimerIdle'),
    registrationTime: found.number('APPLICATION', 'RegistrationTime'),
    autoAccept: found.flag('IM', 'AutAccept'),
    autoAcceptGroup: found.flag('IM', 'AutAcceptGroupChat'),
  };
}

/** Writes a document. */
export function writeProvisioning(provisioning: Provisioning): Uint8Array {
  const { version, validity, aor, domain, proxy, webSocket, username, password, realm, services, limits } = provisioning;
  return writeXmlBytes({
    name: 'wap-provisioningdoc',
    attributes: { version: '1.1' },
    children: [
      characteristic('VERS', { version, validity }),
      characteristic('APPLICATION', {
        AppID: 'ap2001',
        Name: 'IMS Settings',
        Home_network_domain_name: domain,
        RegistrationTime: provisioning.registrationTime,
      }, [
        characteristic('Public_User_Identity_List', { Public_User_Identity: aor }),
        characteristic('LBO_P-CSCF_Address', { Address: proxy, AddressType: 'URI', WebSocketAddress: webSocket }),
        characteristic('APPAUTH', { AuthType: 'Digest', Realm: realm, UserName: username, UserPwd: password }),
      ]),
      characteristic('APPLICATION', { AppID: 'ap2002', Name: 'IM Settings' }, [
        characteristic('IM', {
          'conf-fcty-uri': services.conferenceFactory,
          'exploder-uri': services.exploder,
          'deferred-msg-func-uri': services.deferredMessages,
          'conv-hist-func-uri': services.history,
          SwitchoverSize: limits.pagerRequest,
          MaxSize1to1: limits.message,
          MaxSize1toM: limits.groupMessage,
          MaxSizeFileTr: limits.file,
          max_adhoc_group_size: limits.groupMembers,
          TimerIdle: provisioning.idleTime,
          AutAccept: provisioning.autoAccept,
          AutAcceptGroupChat: provisioning.autoAcceptGroup,
        }),
      ]),
    ],
  });
}

type Values = Readonly<Record<string, string | number | boolean | undefined>>;

function characteristic(type: string, values: Values, inner: readonly ElementDescription[] = []): ElementDescription {
  const parms = Object.entries(values).flatMap(([name, value]): ElementDescription[] => {
    if (value === undefined) return [];
    const text = typeof value === 'boolean' ? String(Number(value)) : String(value);
    return [{ name: 'parm', attributes: { name, value: text } }];
  });
  return { name: 'characteristic', attributes: { type }, children: [...parms, ...inner] };
}

/** Every `parm` by the type of the characteristic it stands in, wherever that stands; of several the first counts. */
class Parameters {
  readonly #values = new Map<string, string>();

  constructor(root: XmlElement) {
    this.#collect(root, '');
  }

  text(type: string, name: string): string | undefined {
    const value = this.#values.get(keyOf(type, name))?.trim();
    return value === '' ? undefined : value;
  }

  number(type: string, name: string): number | undefined {
    const value = this.text(type, name);
    if (value === undefined) return undefined;
    if (!/^\d{1,15}$/.test(value)) throw bad(`${name} is no number`);
    return Number(value);
  }

  flag(type: string, name: string): boolean | undefined {
    const value = this.number(type, name);
    return value === undefined ? undefined : value !== 0;
  }

  #collect(element: XmlElement, type: string): void {
    for (const inner of elements(element)) {
      if (inner.local === 'characteristic') this.#collect(inner, attribute(inner, 'type') ?? '');
      if (inner.local !== 'parm') continue;
      const key = keyOf(type, attribute(inner, 'name') ?? '');
      const value = attribute(inner, 'value');
      if (value !== undefined && !this.#values.has(key)) this.#values.set(key, value);
    }
  }
}

/** Devices in the field write both in several cases. */
function keyOf(type: string, name: string): string {
  return `${type} ${name}`.toLowerCase();
}

/** A host alone, as other systems write it, is a SIP URI here. */
function asUri(address: string | undefined): string | undefined {
  return address === undefined || /^sips?:/i.test(address) ? address : `sip:${address}`;
}

function sipUri(text: string | undefined, name: string): string {
  if (text === undefined) throw bad(`no ${name}`);
  try {
    if (isSipUri(parseUri(text))) return text;
  } catch (cause) {
    if (!ProtocolError.is(cause)) throw cause;
    throw imError('IM_BAD_PROVISIONING', { cause, detail: name });
  }
  throw bad(`${name} is no SIP URI`);
}

function webSocketUrl(text: string | undefined): string | undefined {
  if (text === undefined || (/^wss?:/i.test(text) && URL.canParse(text))) return text;
  throw bad('WebSocketAddress is no URL of a WebSocket');
}

function bad(detail: string): ProtocolError {
  return imError('IM_BAD_PROVISIONING', { detail });
}
