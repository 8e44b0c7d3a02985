import { FakeResolver } from '@simple-im/transport/fake';
import { NodeResolver, type NodeResolverOptions } from '@simple-im/transport/node';
import { afterEach, describe, expect, it } from 'vitest';
import { DnsServer, type DnsAnswer } from './dns-server.js';

const naptr = { order: 50, preference: 50, flags: 's', service: 'SIPS+D2T', regexp: '', replacement: '_sips._tcp.example.com' };
const srv = { priority: 1, weight: 2, port: 5061, target: 'server1.example.com' };
const A = (...address: number[]): DnsAnswer => [{ type: 'A', address }];

describe('NodeResolver with a name server', () => {
  const servers: DnsServer[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  async function world(table: Readonly<Record<string, DnsAnswer>>, options: NodeResolverOptions = {}) {
    const server = new DnsServer(table);
    servers.push(server);
    return { server, resolver: new NodeResolver({ servers: [await server.listen()], timeout: 100, tries: 1, ...options }) };
  }

  it('gives NAPTR records (RFC 3403 §4), text as it is', async () => {
    const regexp = '!^\\+441632960083$!sip:\\0@example.com!';
    const { resolver } = await world({ 'NAPTR example.com': [{ type: 'NAPTR', ...naptr }, { type: 'NAPTR', ...naptr, flags: 'u', regexp,
      replacement: '' }] });
    expect(await resolver.naptr('Example.com')).toEqual([naptr, { ...naptr, flags: 'u', regexp, replacement: '' }]);
  });

  it('gives SRV records (RFC 2782)', async () => {
    const { resolver } = await world({ 'SRV _sip._udp.example.com': [{ type: 'SRV', ...srv }] });
    expect(await resolver.srv('_sip._udp.example.com')).toEqual([srv]);
  });

  it('gives addresses of both families, and one family when the other fails', async () => {
    const six: DnsAnswer = [{ type: 'AAAA', address: [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1] }];
    const { resolver } = await world({
      'A both.example.com': A(192, 0, 2, 1), 'AAAA both.example.com': six,
      'A half.example.com': A(192, 0, 2, 2), 'AAAA half.example.com': { rcode: 2 },
    });
    expect([...await resolver.lookup('both.example.com')].toSorted()).toEqual(['192.0.2.1', '2001:db8::1']);
    expect(await resolver.lookup('half.example.com')).toEqual(['192.0.2.2']);
    expect(await resolver.lookup('192.0.2.3')).toEqual(['192.0.2.3']);
  });

  it('gives no records where there are none, and no such name where there is no address (RFC 2308)', async () => {
    const { resolver } = await world({ 'NAPTR empty.example.com': [] });
    expect(await resolver.naptr('empty.example.com')).toEqual([]);
    expect(await resolver.naptr('nobody.example.com')).toEqual([]);
    expect(await resolver.srv('_sip._udp.nobody.example.com')).toEqual([]);
    await expect(resolver.lookup('nobody.example.com')).rejects.toMatchObject({ code: 'TRANSPORT_NAME_NOT_FOUND' });
  });

  it.each<[string, DnsAnswer]>([
    ['does not answer', 'silence'],
    ['fails (SERVFAIL)', { rcode: 2 }],
    ['refuses (REFUSED)', { rcode: 5 }],
    ['cuts the answer short and takes no TCP', 'truncated'],
    ['sends what is no DNS message', 'garbage'],
    ['promises records it does not send', 'count lies'],
  ])('rejects with TRANSPORT_LOOKUP when the server %s', async (_, answer) => {
    const { resolver } = await world({ 'NAPTR x.example.com': answer, 'SRV x.example.com': answer, 'A x.example.com': answer,
      'AAAA x.example.com': answer });
    await expect(resolver.naptr('x.example.com')).rejects.toMatchObject({ code: 'TRANSPORT_LOOKUP',
      message: expect.stringContaining('x.example.com') });
    await expect(resolver.srv('x.example.com')).rejects.toMatchObject({ code: 'TRANSPORT_LOOKUP' });
    await expect(resolver.lookup('x.example.com')).rejects.toMatchObject({ code: 'TRANSPORT_LOOKUP' });
  });

  it('rejects with TRANSPORT_LOOKUP a name that cannot be one', async () => {
    const { resolver } = await world({});
    await expect(resolver.srv(`_sip._udp.${'x'.repeat(300)}.com`)).rejects.toMatchObject({ code: 'TRANSPORT_LOOKUP' });
  });

  it('asks again when the time to live is over, and for what is not there sooner', async () => {
    let now = 0;
    const { resolver, server } = await world({ 'A x.example.com': [{ type: 'A', address: [192, 0, 2, 1], ttl: 10 }] }, { now: () => now });
    const asked = () => server.questions.filter((question) => question.startsWith('A ')).length;
    await Promise.all([resolver.lookup('x.example.com'), resolver.lookup('X.example.com')]);
    now = 4_999;
    await resolver.lookup('x.example.com');
    expect(asked()).toBe(1);
    now = 10_000;
    await resolver.lookup('x.example.com');
    expect(asked()).toBe(2);

    await resolver.srv('none.example.com');
    now += 4_999;
    await resolver.srv('none.example.com');
    now += 1;
    await resolver.srv('none.example.com');
    expect(server.questions.filter((question) => question === 'SRV none.example.com')).toHaveLength(2);
  });

  it('keeps an answer no longer than cacheTime, a failure not at all, and no more than cacheSize names', async () => {
    let now = 0;
    const table: Record<string, DnsAnswer> = { 'SRV a.example.com': [{ type: 'SRV', ...srv }], 'SRV b.example.com': [{ type: 'SRV',
      ...srv }] };
    const { resolver, server } = await world(table, { now: () => now, cacheTime: 1_000, cacheSize: 1 });
    for (const name of ['a', 'a', 'b', 'a']) await resolver.srv(`${name}.example.com`);
    expect(server.questions).toEqual(['SRV a.example.com', 'SRV b.example.com', 'SRV a.example.com']);
    now = 1_000;
    server.table.set('SRV a.example.com', { rcode: 2 });
    await expect(resolver.srv('a.example.com')).rejects.toMatchObject({ code: 'TRANSPORT_LOOKUP' });
    server.table.set('SRV a.example.com', []);
    expect(await resolver.srv('a.example.com')).toEqual([]);
  });
});

describe('FakeResolver', () => {
  it('gives the records of its tables, none for other names, and fails for those nobody answers for', async () => {
    const resolver = new FakeResolver({}, { naptr: { 'example.com': [naptr] }, srv: { '_sip._udp.example.com': [srv] } });
    expect(await resolver.naptr('Example.com')).toEqual([naptr]);
    expect(await resolver.srv('_sip._udp.example.com')).toEqual([srv]);
    expect(await resolver.srv('_sip._tcp.example.com')).toEqual([]);
    resolver.unanswered.add('example.com');
    await expect(resolver.naptr('example.com')).rejects.toMatchObject({ code: 'TRANSPORT_LOOKUP' });
    expect(resolver.queries).toContain('NAPTR example.com');
  });
});
