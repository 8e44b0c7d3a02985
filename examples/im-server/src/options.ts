/*
 * The command line as data: parsing, the configuration file, --help and the table of README.md all follow this one.
 */
export interface Option {
  /** What the value is called; undefined for an option without one. */
  readonly value: string | undefined;
  readonly repeat?: boolean;
  readonly help: string;
}

export const options = {
  config: { value: 'FILE', help: 'read options from a JSON file, such as {"domain":"example.com","sip":["udp:127.0.0.1:5060"]}; the command line wins' },
  demo: { value: undefined, help: 'two users, alice and bob, with passwords that the welcome text shows; on loopback addresses only' },
  roles: { value: 'LIST', help: 'core, im, or both in one process, which is the default: core,im. Apart, the two speak SIP (see "Two processes")' },
  domain: { value: 'NAME', help: 'the domain we serve; default example.com' },
  sip: { value: 'TRANSPORT:HOST:PORT', repeat: true, help: 'udp, tcp or tls; port 0 takes a free one; default udp: and tcp:127.0.0.1:5060, for im alone tcp:127.0.0.1:5070' },
  msrp: { value: 'TRANSPORT:HOST:PORT', repeat: true, help: 'tcp or tls; default tcp:127.0.0.1:2855' },
  http: { value: 'HOST:PORT', help: '/, /healthz and /metrics, and on loopback the WebSockets /sip and /msrp and /provisioning; default 127.0.0.1:8080, for im alone 127.0.0.1:8081' },
  https: { value: 'HOST:PORT', help: 'the same with TLS, for everybody: /sip and /msrp by wss:, /provisioning; needs --tls-cert' },
  'tls-cert': { value: 'FILE', help: 'PEM: our certificate, then those between it and the root. For tls: addresses and --https; read again on SIGHUP' },
  'tls-key': { value: 'FILE', help: 'PEM: the private key of --tls-cert' },
  'allow-origin': { value: 'ORIGIN', repeat: true, help: 'web pages that may open WebSockets here, such as https://app.example.com; * for all; by default only those of our own addresses' },
  advertise: { value: 'HOST', help: 'the name or address put into Via, Record-Route, Contact and MSRP URIs; default the address bound' },
  'im-server': { value: 'URI', help: 'for core alone: where the IM server is; default sip:127.0.0.1:5070;transport=tcp' },
  'im-server-down': { value: 'refuse|bypass', help: 'for core alone: what becomes of a message or session while the IM server cannot be reached; bypass serves it without; default refuse' },
  core: { value: 'URI', help: 'for im alone: where the core is, whose word is taken for who sent a request; default sip:127.0.0.1:5060;transport=tcp' },
  'trusted-peers': { value: 'CIDR,...', help: 'for im alone: further addresses or ranges that a core may speak from; by default only that of --core' },
  store: { value: 'URL', help: 'sqlite:PATH or memory:; default memory:, which keeps nothing over a restart' },
  'store-key': { value: 'FILE', help: 'encrypts what is stored of messages: 32 octets in hexadecimal or base64, as openssl rand -hex 32 makes them' },
  'store-limit': { value: 'OCTETS', help: 'what messages may take in the store, of all users together; by default as much as the disk has' },
  'deferred-quota': { value: 'OCTETS', help: 'what may wait for one user, bodies and headers; default 134217728, 128 MiB' },
  'history-quota': { value: 'OCTETS', help: 'what may be recorded for one user, bodies and headers; default 104857600, 100 MiB' },
  users: { value: 'FILE', help: 'JSON lines: {"aor":"sip:alice@example.com","password":"..."} or with "ha1":{"SHA-256":"...","MD5":"..."}; "services":["pager","large","session","file"] limits what the user may use, im alone reads it too' },
  auth: { value: 'digest|none', help: 'none believes the From of every request, so it is refused on an address that is not loopback; default digest' },
  'auth-algorithms': { value: 'LIST', help: 'digest algorithms offered, strongest first whatever the order here; default SHA-256,MD5. MD5 alone helps clients that read only the first challenge' },
  'media-deny': { value: 'CIDR,...', help: 'where MSRP is never dialled out to; default loopback, private and link-local ranges, except where we listen ourselves' },
  'pager-timeout': { value: 'SECONDS', help: 'how long silent contacts may take before a MESSAGE is answered 480; 1 to 30, default 10' },
  deferred: { value: 'on|off', help: 'whether messages for users who are away are stored and delivered later; default on' },
  'deferred-peers': { value: 'DOMAIN,...', help: 'other domains that store for their users; what cannot be delivered to any other domain is stored here where it cannot wait elsewhere' },
  'deferred-expires': { value: 'SECONDS', help: 'how long a message is kept whose sender sets no end; default 604800, a week' },
  'operator-token': { value: 'FILE', help: 'a secret of 16 characters or more; whoever has it may POST system messages to /operator/system-messages. Without it nobody can' },
  'max-message-size': { value: 'OCTETS', help: 'what a message may have at most; a larger one is refused with 413, which names the maximum; default any size' },
  'imdn-record-route': { value: undefined, help: 'put this server on the way of disposition notifications (RFC 5438 section 8), so that they come back through it' },
  'notify-interval': { value: 'SECONDS', help: 'how long a watcher of registrations waits for the next change; 0 to 60, default 5' },
  'max-subscriptions': { value: 'NUMBER', help: 'subscriptions to events at once; default 100000' },
  'max-subscriptions-per-user': { value: 'NUMBER', help: 'subscriptions to the state of one user, in one event package; default 100' },
  'max-subscriptions-per-watcher': { value: 'NUMBER', help: 'subscriptions of one watcher; default 100' },
  trace: { value: 'USER', repeat: true, help: 'write every SIP and MSRP message of this user (* for all) to standard error, without bodies and credentials' },
  'log-level': { value: 'LEVEL', help: 'debug, info, warn or error; default info' },
  help: { value: undefined, help: 'this text' },
  version: { value: undefined, help: 'the version' },
} as const satisfies Record<string, Option>;

export type OptionName = keyof typeof options;

/** The text of --help. */
export function helpText(): string {
  const rows = Object.entries<Option>(options).map(([name, option]) => {
    const left = `  --${name}${option.value === undefined ? '' : ` ${option.value}`}`;
    return `${left.padEnd(30)} ${option.help}${option.repeat === true ? ' (repeatable)' : ''}`;
  });
  return ['simple-im-server: an OMA SIMPLE IM system, in one process or two', '', 'Usage: simple-im-server [options]', '', ...rows, ''].join('\n');
}
