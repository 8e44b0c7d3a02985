import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ConfigError, parseConfig, type Config } from '../../src/index.js';
import { helpText, options, type Option } from '../../src/options.js';

function file(name: string, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'simple-im-config-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function config(...argv: string[]): Config {
  const parsed = parseConfig(argv);
  if (parsed.kind !== 'run') throw new Error(parsed.kind);
  return parsed.config;
}

/** The one line of the ConfigError. */
function refusal(...argv: string[]): string {
  try {
    parseConfig(argv);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    const { message } = error as Error;
    expect(message).not.toMatch(/[\r\n]/);
    return message;
  }
  throw new Error('accepted');
}

/** What a process that is both ends of IM-2 does not ask. */
const together = {
  roles: ['core', 'im'], imServer: 'sip:127.0.0.1:5070;transport=tcp', imServerDown: 'refuse', core: 'sip:127.0.0.1:5060;transport=tcp', trustedPeers: [],
};

describe('the command line', () => {
  it('has a default for everything but the users', () => {
    expect(config('--demo')).toEqual({
      demo: true, domain: 'example.com', auth: 'digest', authAlgorithms: ['SHA-256', 'MD5'], advertise: undefined, mediaDeny: undefined,
      sip: [{ transport: 'UDP', address: { host: '127.0.0.1', port: 5060 } }, { transport: 'TCP', address: { host: '127.0.0.1', port: 5060 } }],
      msrp: [{ transport: 'TCP', address: { host: '127.0.0.1', port: 2855 } }], http: { host: '127.0.0.1', port: 8080 },
      https: undefined, tls: undefined, allowOrigin: [], store: { kind: 'memory' },
      storeKey: undefined, storeLimit: undefined, deferredQuota: 134_217_728, historyQuota: 104_857_600,
      users: [{ aor: 'sip:alice@example.com', password: 'wonderland' }, { aor: 'sip:bob@example.com', password: 'builder' }],
      pagerTimeout: 10_000, notifyInterval: 5000, deferred: true, deferredPeers: [], deferredExpires: 604_800_000, maxMessageSize: undefined, imdnRecordRoute: false,
      eventLimits: { maxSubscriptions: 100_000, maxPerUser: 100, maxPerWatcher: 100 },
      trace: [], logLevel: 'info', ...together,
    });
  });

  it('takes every option', () => {
    const users = file('users', '{"aor":"sip:carol@im.example","password":"secret"}\n');
    const key = file('key', `${'0fF0'.repeat(16)}\n`);
    expect(config(
      '--domain', 'IM.Example', '--sip', 'udp:[::1]:0', '--sip', 'TCP:localhost:5062', '--sip', 'tls:127.0.0.1:0', '--msrp', 'tcp:127.0.0.1:0',
      '--msrp', 'TLS:127.0.0.1:0', '--http', '[::1]:0', '--https', '[::1]:8443', '--tls-cert', 'chain.pem', '--tls-key', 'key.pem',
      '--allow-origin', 'https://App.example.com:443', '--allow-origin', '*',
      '--advertise', '[2001:db8::1]', '--store', 'sqlite:./data/x.db', '--store-key', key, '--store-limit', '123456789012345', '--deferred-quota', '1000', '--history-quota', '2000', '--users', users, '--auth', 'none', '--auth-algorithms', 'MD5,SHA-512-256',
      '--media-deny', '10.0.0.0/8,fc00::/7', '--pager-timeout', '2.5', '--notify-interval', '0.5',
      '--deferred', 'off', '--deferred-peers', 'Other.example,third.example', '--deferred-expires', '60', '--max-message-size', '100000', '--imdn-record-route',
      '--max-subscriptions', '10', '--max-subscriptions-per-user', '9', '--max-subscriptions-per-watcher', '8', '--trace', 'carol', '--trace', 'sip:dave@im.example', '--trace', '*',
      '--log-level', 'debug', '--roles', 'im,core', '--im-server', 'sip:im.example:5070', '--im-server-down', 'bypass',
      '--core', 'sip:core.example;transport=tcp', '--trusted-peers', '192.0.2.1,2001:db8::/32',
    )).toEqual({
      demo: false, domain: 'im.example', auth: 'none', authAlgorithms: ['MD5', 'SHA-512-256'], advertise: '2001:db8::1',
      mediaDeny: ['10.0.0.0/8', 'fc00::/7'],
      sip: [{ transport: 'UDP', address: { host: '::1', port: 0 } }, { transport: 'TCP', address: { host: 'localhost', port: 5062 } }, { transport: 'TLS', address: { host: '127.0.0.1', port: 0 } }],
      msrp: [{ transport: 'TCP', address: { host: '127.0.0.1', port: 0 } }, { transport: 'TLS', address: { host: '127.0.0.1', port: 0 } }],
      http: { host: '::1', port: 0 }, https: { host: '::1', port: 8443 }, tls: { certificate: 'chain.pem', key: 'key.pem' },
      allowOrigin: ['https://app.example.com', '*'], store: { kind: 'sqlite', path: './data/x.db' },
      storeKey: Uint8Array.from({ length: 32 }, (_, n) => (n % 2 === 0 ? 0x0f : 0xf0)), storeLimit: 123_456_789_012_345, deferredQuota: 1000, historyQuota: 2000,
      users: [{ aor: 'sip:carol@im.example', password: 'secret' }],
      deferred: false, deferredPeers: ['other.example', 'third.example'], deferredExpires: 60_000, maxMessageSize: 100_000, imdnRecordRoute: true,
      pagerTimeout: 2500, notifyInterval: 500, eventLimits: { maxSubscriptions: 10, maxPerUser: 9, maxPerWatcher: 8 }, trace: ['sip:carol@im.example', 'sip:dave@im.example', '*'], logLevel: 'debug',
      roles: ['core', 'im'], imServer: 'sip:im.example:5070', imServerDown: 'bypass', core: 'sip:core.example;transport=tcp',
      trustedPeers: ['192.0.2.1', '2001:db8::/32'],
    });
  });

  it('allows every media address with an empty --media-deny', () => {
    expect(config('--demo', '--media-deny', '').mediaDeny).toEqual([]);
  });

  it('answers --help and --version whatever else is given', () => {
    expect(parseConfig(['--help', '--auth', 'none'])).toEqual({ kind: 'help' });
    expect(parseConfig(['--version'])).toEqual({ kind: 'version' });
    for (const name of Object.keys(options)) expect(helpText()).toContain(`--${name}`);
  });

  it.each([
    [['--nonsense'], 'Unknown option \'--nonsense\'; --help lists the options'],
    [['foo.bar'], 'Unexpected argument \'foo.bar\''],
    [['--domain'], '--domain'],
    [['--demo=yes'], '--demo'],
    [['--domain', 'a b'], '--domain a b'],
    [['--sip', '127.0.0.1:5060'], 'expected udp:HOST:PORT, tcp:HOST:PORT or tls:HOST:PORT'],
    [['--sip', 'udp:127.0.0.1'], 'expected HOST:PORT'],
    [['--sip', 'udp:127.0.0.1:65536'], 'expected HOST:PORT'],
    [['--sip', 'udp:::1:5060'], '[::1]:5060'],
    [['--sip', 'udp:[127.0.0.1]:5060'], 'expected HOST:PORT'],
    [['--sip', 'tls:127.0.0.1:5061'], '--sip tls:127.0.0.1:5061: needs a certificate; give --tls-cert FILE and --tls-key FILE'],
    [['--msrp', 'tls:127.0.0.1:2855'], '--msrp tls:127.0.0.1:2855: needs a certificate'],
    [['--msrp', 'udp:127.0.0.1:2855'], 'expected tcp:HOST:PORT'],
    [['--tls-cert', 'x'], '--tls-cert x: give its private key too, by --tls-key FILE'],
    [['--tls-key=x'], '--tls-key x: give the certificate too, by --tls-cert FILE'],
    [['--tls-cert', 'x', '--tls-key', 'y'], '--tls-cert x: nothing uses it; give --sip tls:HOST:PORT'],
    [['--https', '[::1]:1'], '--https [::1]:1: needs a certificate'],
    [['--https', '192.0.2.1:443', '--tls-cert', 'x', '--tls-key', 'y'], '--demo is refused on 192.0.2.1'],
    [['--allow-origin', 'app.example.com'], 'expected an origin such as https://app.example.com'],
    [['--allow-origin', 'https://app.example.com/page'], 'without a path'],
    [['--http', 'x'], '--http x: expected HOST:PORT'],
    [['--advertise', 'a:5060'], '--advertise a:5060'],
    [['--store', 'sqlite:'], '--store sqlite:'],
    [['--store', 'sqlite::memory:'], 'or memory:'],
    [['--store', 'postgres://x'], 'PostgreSQL is not in this version'],
    [['--store', 'file.db'], 'expected sqlite:PATH'],
    [['--store-limit', '10M'], '--store-limit 10M: expected a number of octets'],
    [['--deferred-quota', '0'], '--deferred-quota 0: expected a number of octets'],
    [['--store-key', '/no/such/file'], '--store-key /no/such/file: ENOENT'],
    [['--auth', 'basic'], 'expected digest or none'],
    [['--auth-algorithms', 'SHA-1'], 'expected SHA-512-256 or SHA-256 or MD5'],
    [['--media-deny', '10.0.0.0'], '--media-deny 10.0.0.0'],
    [['--media-deny', '10.0.0.0/33'], '--media-deny'],
    [['--media-deny', 'fe80::1%eth0/10'], '--media-deny'],
    [['--pager-timeout', '31'], 'seconds from 1 to 30'],
    [['--pager-timeout', ''], 'seconds from 1 to 30'],
    [['--notify-interval', '61'], 'seconds from 0 to 60'],
    [['--max-subscriptions', '0'], 'a number from 1'],
    [['--max-subscriptions-per-watcher', '1e3'], 'a number from 1'],
    [['--log-level', 'loud'], 'expected debug or info'],
    [['--log-level', 'warn', '--trace', 'alice'], '--trace writes at level info'],
    [['--trace', 'a b'], '--trace a b: expected a user'],
    [['--roles', 'core,sip'], 'unknown role "sip"'],
    [['--roles', 'core,im,xdm'], 'xdm is not in this version'],
    [['--roles', ''], 'unknown role ""'],
    [['--im-server', '127.0.0.1:5070'], '--im-server 127.0.0.1:5070: expected a URI'],
    [['--im-server', 'sip:im.example;transport=sctp'], 'expected a URI'],
    [['--im-server', 'sip:im.example?Route=x'], 'expected a URI'],
    [['--im-server-down', 'perhaps'], 'expected refuse or bypass'],
    [['--core', 'tel:+15551234'], '--core tel:+15551234: expected a URI'],
    [['--trusted-peers', 'core.example'], '--trusted-peers core.example: expected ranges'],
    [['--roles', 'im', '--sip', 'udp:127.0.0.1:0'], 'needs a tcp: address'],
  ])('refuses %j in one line', (argv, expected) => {
    expect(refusal('--demo', ...argv)).toContain(expected);
  });

  it.each(['0.0.0.0', '192.0.2.1', '[::]', 'im.example.com'])('refuses --auth none and --demo on %s', (host) => {
    expect(refusal('--auth', 'none', '--sip', `udp:${host}:0`)).toContain('--auth none is refused');
    expect(refusal('--demo', '--sip', 'tcp:127.0.0.1:0', '--sip', `udp:${host}:0`)).toContain('--demo is refused');
  });

  it('needs no users for an IM server alone, which has addresses of its own, and no MSRP for a core alone', () => {
    const im = config('--roles', 'im');
    expect(im).toMatchObject({ roles: ['im'], users: [], sip: [{ transport: 'TCP', address: { host: '127.0.0.1', port: 5070 } }], http: { port: 8081 } });
    const path = file('core.json', '{"roles":"core","demo":true,"msrp":[]}');
    expect(config('--config', path)).toMatchObject({ roles: ['core'], msrp: [], http: { port: 8080 } });
  });

  it('refuses an IM server alone over UDP, which proves no address', () => {
    expect(refusal('--roles', 'im', '--sip', 'tcp:192.0.2.1:5070', '--sip', 'udp:192.0.2.1:5070')).toContain('UDP does not prove');
    expect(config('--roles', 'im', '--sip', 'tcp:192.0.2.1:5070').sip).toHaveLength(1);
  });

  it('refuses to serve nobody', () => {
    expect(refusal()).toContain('no users');
    expect(refusal('--users', file('users', '\n\n'))).toContain('no users');
    expect(config('--auth', 'none').users).toEqual([]);
  });
});

describe('--config FILE', () => {
  it('reads options, and the command line wins', () => {
    const path = file('im.json', '{"domain":"file.example","sip":["udp:127.0.0.1:1","udp:127.0.0.1:2"],"demo":true,"pager-timeout":"3"}');
    const read = config('--config', path, '--sip', 'udp:127.0.0.1:9', '--domain', 'line.example');
    expect(read.sip).toEqual([{ transport: 'UDP', address: { host: '127.0.0.1', port: 9 } }]);
    expect(read).toMatchObject({ domain: 'line.example', demo: true, pagerTimeout: 3000 });
  });

  it.each([
    ['[]', 'expected one JSON object'],
    ['{\n"domain": nonsense\nx}', 'JSON'],
    ['{"colour":"red"}', 'unknown option "colour"'],
    ['{"config":"other"}', 'unknown option "config"'],
    ['{"help":true}', 'unknown option "help"'],
    ['{"__proto__":"x"}', 'unknown option "__proto__"'],
    ['{"constructor":true}', 'unknown option "constructor"'],
    ['{"tls-cert":"x","demo":true}', 'give its private key too'],
    ['{"sip":"udp:127.0.0.1:1"}', '"sip" must be a list of strings'],
    ['{"sip":[1]}', '"sip" must be a list of strings'],
    ['{"sip":[],"demo":true}', '--sip: give at least one'],
    ['{"msrp":[],"demo":true}', '--msrp: give at least one'],
    ['{"demo":"yes"}', '"demo" must be true or false'],
    ['{"domain":7}', '"domain" must be a string'],
  ])('refuses %s', (text, expected) => {
    const path = file('im.json', text);
    expect(refusal('--config', path)).toContain(expected);
  });

  it('refuses a file that is not there', () => {
    expect(refusal('--config', '/nowhere/im.json')).toContain('--config /nowhere/im.json: ENOENT');
  });
});

describe('--users FILE', () => {
  it('takes passwords and digests, and users in their canonical form', () => {
    const sha = 'a'.repeat(64);
    const md5 = 'B'.repeat(32);
    const path = file('users', `\uFEFF{"aor":"sip:%61lice@EXAMPLE.com","password":""}\r\n\n{"aor":"sip:bob@example.com","ha1":{"SHA-256":"${sha}","MD5":"${md5}"}}`);
    expect(config('--users', path).users).toEqual([
      { aor: 'sip:alice@example.com', password: '' },
      { aor: 'sip:bob@example.com', ha1: { 'SHA-256': sha, MD5: md5 } },
    ]);
  });

  it.each([
    ['{"aor":"sip:eve@example.com","password":"hunter2"', 'not JSON'],
    ['null', 'a JSON object'],
    ['{"password":"hunter2"}', '"aor":"sip:user@example.com"'],
    ['{"aor":"sip:example.com","password":"hunter2"}', '"aor":"sip:user@example.com"'],
    ['{"aor":"tel:+15551234","password":"hunter2"}', '"aor":"sip:user@example.com"'],
    ['{"aor":"sip:eve@elsewhere.example","password":"hunter2"}', '"aor":"sip:user@example.com"'],
    ['{"aor":"sip:eve@example.com","password":7}', '"password", or "ha1"'],
    ['{"aor":"sip:eve@example.com","ha1":{}}', '"password", or "ha1"'],
    ['{"aor":"sip:eve@example.com","ha1":{"MD5":"hunter2"}}', '"password", or "ha1"'],
    ['{"aor":"sip:Alice@example.com","password":"hunter2"}\n{"aor":"sip:%41lice@example.com","password":"hunter2"}', 'given before', 3],
  ])('names the line of %s, and quotes nothing of it', (text, expected, line = 2) => {
    const path = file('users', `{"aor":"sip:first@example.com","password":"hunter2"}\n${text}\n`);
    const message = refusal('--users', path);
    expect(message).toContain(`${path}, line ${line}: `);
    expect(message).toContain(expected);
    expect(message).not.toContain('hunter2');
  });

  it('refuses a user that --demo has', () => {
    expect(refusal('--demo', '--users', file('users', '{"aor":"sip:alice@example.com","password":"x"}'))).toContain('line 1: this user was given before');
  });
});

describe('--store-key', () => {
  const octets = Uint8Array.from({ length: 32 }, (_, n) => 251 - n);

  it.each([
    ['hexadecimal', Buffer.from(octets).toString('hex')],
    ['hexadecimal with a line end', `${Buffer.from(octets).toString('hex').toUpperCase()}\r\n`],
    ['base64', `${Buffer.from(octets).toString('base64')}\n`],
    ['base64 without padding', Buffer.from(octets).toString('base64').replaceAll('=', '')],
  ])('is 32 octets in %s', (_, text) => {
    expect(config('--demo', '--store', 'sqlite:x.db', '--store-key', file('key', text)).storeKey).toEqual(octets);
  });

  it.each(['', 'ab'.repeat(31), 'ab'.repeat(33), `${'ab'.repeat(31)}zz`, 'hunter2', `${'A'.repeat(42)}!=`])('is nothing else: %j', (text) => {
    const message = refusal('--demo', '--store', 'sqlite:x.db', '--store-key', file('key', text));
    expect(message).toContain('expected 32 octets in hexadecimal or base64');
    if (text !== '') expect(message).not.toContain(text);
  });

  it('needs a store that writes something', () => {
    expect(refusal('--demo', '--store-key', file('key', 'ab'.repeat(32)))).toContain('give --store sqlite:PATH');
  });
});

it('README.md lists the options as they are', () => {
  const rows = Object.entries<Option>(options).map(([name, { value, repeat, help }]) => {
    const usage = `--${name}${value === undefined ? '' : ` ${value}`}`.replaceAll('|', '\\|');
    return `| \`${usage}\` | ${help}${repeat === true ? ' (repeatable)' : ''} |`;
  });
  expect(readFileSync(new URL('../../README.md', import.meta.url), 'utf8')).toContain(['| option | |', '|---|---|', ...rows, ''].join('\n'));
});
