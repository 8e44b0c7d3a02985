import type { NaptrRecord, SrvRecord } from '@simple-im/transport';
import { FakeRandom, FakeResolver } from '@simple-im/transport/fake';
import { describe, expect, it } from 'vitest';
import { locate, locateVia, parseVia } from '../src/index.js';
import type { LocateOptions, Target } from '../src/index.js';

const ALL = ['UDP', 'TCP', 'TLS', 'WS', 'WSS'] as const;

function naptr(order: number, preference: number, service: string, replacement: string, more: Partial<NaptrRecord> = {}): NaptrRecord {
  return { order, preference, flags: 's', service, regexp: '', replacement, ...more };
}

function srv(priority: number, weight: number, target: string, port = 5060): SrvRecord {
  return { priority, weight, port, target };
}

function text({ transport, address, serverName, url }: Target): string {
  return [transport, address.host, address.port, serverName, url].filter((part) => part !== undefined).join(' ');
}

async function all(targets: AsyncIterable<Target>): Promise<string[]> {
  const found: string[] = [];
  for await (const target of targets) found.push(text(target));
  return found;
}

function located(uri: string, resolver: FakeResolver | undefined, options: Partial<LocateOptions> = {}): Promise<string[]> {
  return all(locate(uri, { resolver, random: new FakeRandom(), ...options }));
}

/** The zone of the example in RFC 3263 §4.1. */
function example(): FakeResolver {
  return new FakeResolver(
    { 'server1.example.com': ['192.0.2.1'], 'server2.example.com': ['192.0.2.2', '2001:db8::2'], 'example.com': ['192.0.2.9'] },
    {
      naptr: { 'example.com': [
        naptr(100, 50, 'SIP+D2U', '_sip._udp.example.com.'),
        naptr(50, 50, 'SIPS+D2T', '_sips._tcp.example.com.'),
        naptr(90, 50, 'SIP+D2T', '_sip._tcp.example.com'),
      ] },
      srv: {
        '_sip._tcp.example.com': [srv(0, 1, 'server1.example.com'), srv(1, 2, 'server2.example.com.')],
        '_sips._tcp.example.com': [srv(0, 0, 'server1.example.com', 5071)],
        '_sip._udp.example.com': [srv(0, 0, 'server1.example.com', 5080)],
      },
    },
  );
}

describe('selecting a transport (RFC 3263 §4.1)', () => {
  it('takes the transport parameter, which for SIPS names what is below TLS', async () => {
    const resolver = new FakeResolver();
    expect(await located('sip:192.0.2.2:5070;transport=TCP', resolver)).toEqual(['TCP 192.0.2.2 5070']);
    expect(await located('sips:bob@192.0.2.2;transport=tcp', resolver, { transports: ALL })).toEqual(['TLS 192.0.2.2 5061']);
    expect(await located('sip:bob@192.0.2.2;transport=ws', resolver, { transports: ALL })).toEqual(['WS 192.0.2.2 80 ws://192.0.2.2:80/']);
    expect(await located('sips:[2001:db8::1];transport=ws', resolver, { transports: ALL }))
      .toEqual(['WSS 2001:db8::1 443 wss://[2001:db8::1]:443/']);
    expect(await located('sip:bob@192.0.2.2;transport=tls', resolver, { transports: ALL })).toEqual(['TLS 192.0.2.2 5061']);
  });

  it('is UDP, or TLS for SIPS, for a numeric host and for a name with a port', async () => {
    const resolver = new FakeResolver({ 'example.com': ['192.0.2.9'] });
    expect(await located('sip:bob@192.0.2.2', resolver)).toEqual(['UDP 192.0.2.2 5060']);
    expect(await located('sips:bob@192.0.2.2', resolver, { transports: ALL })).toEqual(['TLS 192.0.2.2 5061']);
    expect(await located('sip:bob@example.com:5080', resolver)).toEqual(['UDP 192.0.2.9 5080']);
    expect(await located('sips:bob@example.com:5080', resolver, { transports: ALL })).toEqual(['TLS 192.0.2.9 5080 example.com']);
    expect(resolver.queries).toEqual(['A example.com', 'A example.com']);
  });

  it('is what there is when UDP is not', async () => {
    expect(await located('sip:192.0.2.2', undefined, { transports: ['TCP'] })).toEqual(['TCP 192.0.2.2 5060']);
    expect(await located('sip:192.0.2.2', undefined, { transports: ['WSS', 'WS'] })).toEqual(['WSS 192.0.2.2 443 wss://192.0.2.2:443/']);
  });

  it('follows the NAPTR record of lowest order that we can use, wherever it stands', async () => {
    expect(await located('sip:user@example.com', example())).toEqual(['TCP 192.0.2.1 5060', 'TCP 192.0.2.2 5060', 'TCP 2001:db8::2 5060']);
    expect(await located('sip:user@example.com', example(), { transports: ALL })).toEqual(['TLS 192.0.2.1 5071 example.com']);
    expect(await located('sip:user@example.com', example(), { transports: ['UDP'] })).toEqual(['UDP 192.0.2.1 5080']);
  });

  it('goes by preference within an order, and to each of them (RFC 3403 §4.1)', async () => {
    const resolver = example();
    resolver.naptrs.set('example.com', [naptr(1, 2, 'SIP+D2U', '_sip._udp.example.com'), naptr(1, 1, 'sip+d2t', '_SIP._tcp.example.com')]);
    expect(await located('sip:user@example.com', resolver)).toEqual([
      'TCP 192.0.2.1 5060', 'TCP 192.0.2.2 5060', 'TCP 2001:db8::2 5060', 'UDP 192.0.2.1 5080',
    ]);
  });

  it('MUST discard services without SIPS for a SIPS URI', async () => {
    const resolver = example();
    expect(await located('sips:user@example.com', resolver, { transports: ALL })).toEqual(['TLS 192.0.2.1 5071 example.com']);
    resolver.naptrs.set('example.com', [naptr(1, 1, 'SIP+D2T', '_sip._tcp.example.com')]);
    resolver.srvs.delete('_sips._tcp.example.com');
    expect(await located('sips:user@example.com', resolver, { transports: ['UDP', 'TCP', 'TLS'] })).toEqual([
      'TLS 192.0.2.9 5061 example.com']);
  });

  it('discards NAPTR records of other services, flags and forms', async () => {
    const resolver = example();
    resolver.naptrs.set('example.com', [
      naptr(1, 1, 'SIP+D2S', '_sip._sctp.example.com'),
      naptr(1, 1, 'SIPS+D2U', '_sips._udp.example.com'),
      naptr(1, 1, 'E2U+sip', '', { flags: 'u', regexp: '!^.*$!sip:x@example.com!' }),
      naptr(1, 1, 'SIP+D2T', '_sip._tcp.example.com', { flags: '' }),
      naptr(1, 1, 'SIP+D2T', '_sip._tcp.example.com', { regexp: '!a!b!' }),
      naptr(1, 1, 'SIP+D2T', 'a b\r\nc'),
      naptr(9, 1, 'SIP+D2U', '_sip._udp.example.com'),
    ]);
    expect(await located('sip:user@example.com', resolver)).toEqual(['UDP 192.0.2.1 5080']);
  });

  it('knows the services of WebSockets (RFC 7118 §5.5); a secure one must be of the domain, as its client checks no other name',
    async () => {
    const resolver = new FakeResolver({}, {
      naptr: { 'example.com': [naptr(1, 1, 'SIPS+D2W', '_sips._ws.example.com'), naptr(1, 2, 'SIP+D2W', '_sip._ws.example.com')] },
      srv: {
        '_sips._ws.example.com': [srv(0, 0, 'edge.example.com', 8443), srv(1, 0, 'edge.example.org', 8443), srv(1, 0, 'badexample.com',
          8443)],
        '_sip._ws.example.com': [srv(0, 0, 'edge.example.org', 8080)],
      },
    });
    expect(await located('sip:example.com', resolver, { transports: ALL }))
      .toEqual(['WSS edge.example.com 8443 wss://edge.example.com:8443/', 'WS edge.example.org 8080 ws://edge.example.org:8080/']);
  });

  it('asks for SRV records of each transport we have when there are no NAPTR records, and for them only when needed', async () => {
    const resolver = example();
    resolver.naptrs.clear();
    const places = locate('sip:user@example.com', { resolver, random: new FakeRandom() });
    expect(text((await places.next()).value as Target)).toBe('UDP 192.0.2.1 5080');
    expect(resolver.queries).toEqual(['NAPTR example.com', 'SRV _sip._udp.example.com', 'A server1.example.com']);
    expect(await all(places)).toEqual(['TCP 192.0.2.1 5060', 'TCP 192.0.2.2 5060', 'TCP 2001:db8::2 5060']);
    expect(await located('sips:user@example.com', resolver, { transports: ALL })).toEqual(['TLS 192.0.2.1 5071 example.com']);
  });

  it('is UDP, and TLS for SIPS, when there are no SRV records either', async () => {
    const resolver = new FakeResolver({ 'example.com': ['192.0.2.9', '2001:db8::9'] });
    expect(await located('sip:example.com', resolver)).toEqual(['UDP 192.0.2.9 5060', 'UDP 2001:db8::9 5060']);
    expect(await located('sips:example.com', resolver, { transports: ALL })).toEqual(['TLS 192.0.2.9 5061 example.com',
      'TLS 2001:db8::9 5061 example.com']);
  });

  it('cannot be one that is not here', async () => {
    for (const uri of ['sips:bob@192.0.2.2', 'sip:bob@192.0.2.2;transport=sctp', 'sip:bob@192.0.2.2;transport=tls']) {
      await expect(located(uri, example())).rejects.toMatchObject({ code: 'SIP_UNSUPPORTED_TRANSPORT' });
    }
    await expect(located('sips:192.0.2.2;transport=udp', example(), { transports: ALL })).rejects.toMatchObject({
      code: 'SIP_UNSUPPORTED_TRANSPORT' });
  });
});

describe('determining port and address (RFC 3263 §4.2)', () => {
  it('takes maddr before the host, and the domain of the URI for the certificate (RFC 5922 §7.3)', async () => {
    expect(await located('sip:bob@example.com;maddr=192.0.2.9', example())).toEqual(['UDP 192.0.2.9 5060']);
    expect(await located('sips:bob@example.com;maddr=192.0.2.9', example(), { transports: ALL })).toEqual([
      'TLS 192.0.2.9 5061 example.com']);
  });

  it('asks for the SRV records of an explicit transport and not for NAPTR', async () => {
    const resolver = example();
    expect(await located('sip:example.com;transport=udp', resolver)).toEqual(['UDP 192.0.2.1 5080']);
    expect(resolver.queries).toEqual(['SRV _sip._udp.example.com', 'A server1.example.com']);
    expect(await located('sip:example.com;transport=tls', resolver, { transports: ALL })).toEqual(['TLS 192.0.2.1 5071 example.com']);
  });

  it('takes addresses and the default port when the NAPTR record leads to no SRV record', async () => {
    const resolver = example();
    resolver.srvs.clear();
    expect(await located('sip:example.com', resolver)).toEqual(['TCP 192.0.2.9 5060']);
  });

  it('goes to nobody when the target is the root: the service is not available (RFC 2782)', async () => {
    const resolver = example();
    resolver.srvs.set('_sip._tcp.example.com', [srv(0, 0, '.')]);
    await expect(located('sip:example.com', resolver)).rejects.toMatchObject({ code: 'SIP_UNRESOLVED' });
    resolver.srvs.set('_sip._tcp.example.com', [srv(0, 0, '')]);
    await expect(located('sip:example.com', resolver)).rejects.toMatchObject({ code: 'SIP_UNRESOLVED' });
  });

  it('passes over servers without an address, and gives one place once', async () => {
    const resolver = example();
    resolver.srvs.set('_sip._tcp.example.com', [
      srv(0, 0, 'gone.example.com'), srv(1, 0, 'server1.example.com'), srv(2, 0, 'SERVER1.example.com'), srv(3, 0, 'server1.example.com',
        0),
    ]);
    expect(await located('sip:example.com', resolver)).toEqual(['TCP 192.0.2.1 5060']);
  });

  it('goes on with what is left when nobody answers for NAPTR or SRV', async () => {
    const resolver = example();
    resolver.unanswered.add('_sip._udp.example.com').add('_sip._tcp.example.com');
    resolver.naptrs.clear();
    expect(await located('sip:example.com', resolver)).toEqual(['UDP 192.0.2.9 5060']);
  });

  it('asks nobody for localhost and for .invalid names (RFC 6761 §6.3, §6.4)', async () => {
    const resolver = new FakeResolver();
    expect(await located('sip:bob@localhost', resolver)).toEqual(['UDP 127.0.0.1 5060', 'UDP ::1 5060']);
    await expect(located('sip:bob@df7jal23ls0d.invalid;transport=ws', resolver, { transports: ALL })).rejects.toMatchObject({
      code: 'SIP_UNRESOLVED' });
    expect(resolver.queries).toEqual(['A localhost']);
  });

  it('says why there is no place', async () => {
    const resolver = new FakeResolver();
    resolver.unanswered.add('example.com');
    await expect(located('sip:example.com', resolver)).rejects.toMatchObject({ code: 'SIP_UNRESOLVED', status: 503, cause: {
      code: 'TRANSPORT_LOOKUP' } });
    await expect(located('sip:nowhere.example.com', resolver)).rejects.toMatchObject({ cause: { code: 'TRANSPORT_NAME_NOT_FOUND' } });
    await expect(located('sip:example.com', undefined)).rejects.toMatchObject({ code: 'SIP_UNRESOLVED', cause: {
      code: 'SIP_UNRESOLVED' } });
    await expect(located('sip:192.0.2.1:0', resolver)).rejects.toMatchObject({ code: 'SIP_UNRESOLVED' });
    await expect(located('tel:+123', resolver)).rejects.toMatchObject({ code: 'SIP_UNRESOLVED' });
  });

  it('needs no resolver for WebSockets, which look up names themselves', async () => {
    expect(await located('sips:example.com;transport=ws', undefined, { transports: ['WSS', 'WS'] }))
      .toEqual(['WSS example.com 443 wss://example.com:443/']);
  });

  it('stays within its limits whatever the name servers say', async () => {
    const many = Array.from({ length: 5_000 }, (_, i) => srv(i % 7, i % 100, `s${i}.example.com`));
    const names = Object.fromEntries(many.map(({ target }, i) => [target, [`192.0.${i >> 8}.${i & 255}`]]));
    const resolver = new FakeResolver(
      { ...names, 'wide.example.com': Array.from({ length: 999 }, (_, i) => `198.51.${i >> 8}.${i & 255}`) },
      {
        naptr: { 'example.com': Array.from({ length: 5_000 }, (_, i) => naptr(1, 1, 'SIP+D2U', `_sip._udp.z${i}.example.com`)) },
        srv: { '_sip._udp.many.example.com': many },
      },
    );
    expect(await located('sip:many.example.com;transport=udp', resolver)).toHaveLength(23);
    expect(await located('sip:many.example.com;transport=udp', resolver, { limits: { lookups: 999, records: 999,
      targets: 40 } })).toHaveLength(40);
    expect(await located('sip:wide.example.com:5060', resolver)).toHaveLength(8);
    resolver.queries.length = 0;
    await expect(located('sip:example.com', resolver)).rejects.toMatchObject({ code: 'SIP_UNRESOLVED' });
    expect(resolver.queries).toHaveLength(24);
  });
});

describe('stateless proxies (RFC 3263 §4.4)', () => {
  it('choose the same for the same text, whatever the order of the records', async () => {
    const records = ['a', 'b', 'c', 'd'].map((host) => srv(0, 10, `${host}.example.com`));
    const names = Object.fromEntries(['a', 'b', 'c', 'd'].map((host, i) => [`${host}.example.com`, [`192.0.2.${i}`, `198.51.100.${i}`]]));
    const chosen = async (choice: string, turn: number): Promise<string[]> => {
      const rotated = [...records.slice(turn), ...records.slice(0, turn)];
      const addresses = Object.fromEntries(Object.entries(names).map(([name, list]) => [name, turn % 2 ? list.toReversed() : list]));
      const resolver = new FakeResolver(addresses, { srv: { '_sip._udp.example.com': rotated } });
      return located('sip:example.com;transport=udp', resolver, { choice, random: new FakeRandom(turn) });
    };
    const firsts = new Set<string>();
    for (let i = 0; i < 40; i++) {
      const order = await chosen(`z9hG4bK${i}`, 0);
      firsts.add(order[0] as string);
      expect(await chosen(`z9hG4bK${i}`, 1 + (i % 3))).toEqual(order);
    }
    expect(firsts.size).toBe(4);
  });
});

describe('sending responses elsewhere (RFC 3263 §5)', () => {
  const via = (sentBy: string, options: Partial<LocateOptions> = {}, resolver = example()) =>
    all(locateVia(parseVia(`SIP/2.0/${sentBy};branch=z9hG4bK1`), { resolver, random: new FakeRandom(), ...options }));

  it('goes to a numeric sent-by, with the transport of the Via and its default port', async () => {
    expect(await via('TCP 192.0.2.7')).toEqual(['TCP 192.0.2.7 5060']);
    expect(await via('UDP 192.0.2.7:5070')).toEqual(['UDP 192.0.2.7 5070']);
    expect(await via('TLS [2001:db8::7]', { transports: ALL })).toEqual(['TLS 2001:db8::7 5061']);
  });

  it('asks for addresses of a name with a port, and for SRV records of one without', async () => {
    expect(await via('TCP server2.example.com:5070')).toEqual(['TCP 192.0.2.2 5070', 'TCP 2001:db8::2 5070']);
    expect(await via('TCP example.com')).toEqual(['TCP 192.0.2.1 5060', 'TCP 192.0.2.2 5060', 'TCP 2001:db8::2 5060']);
    expect(await via('UDP example.com')).toEqual(['UDP 192.0.2.1 5080']);
    expect(await via('TLS example.com', { transports: ALL })).toEqual(['TLS 192.0.2.1 5071 example.com']);
    expect(await via('UDP server1.example.com')).toEqual(['UDP 192.0.2.1 5060']);
  });

  it('leads nowhere over transports that are not here and to hosts that are not', async () => {
    await expect(via('TLS example.com')).rejects.toMatchObject({ code: 'SIP_UNSUPPORTED_TRANSPORT' });
    await expect(via('SCTP example.com')).rejects.toMatchObject({ code: 'SIP_UNSUPPORTED_TRANSPORT' });
    await expect(via('WS x.invalid', { transports: ALL })).rejects.toMatchObject({ code: 'SIP_UNRESOLVED' });
  });
});
