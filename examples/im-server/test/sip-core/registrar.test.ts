import { describe, expect, it } from 'vitest';
import { buildRequest, type SipRequest } from '@simple-im/sip';
import type { Bindings, LocationStore } from '../../src/sip-core/location.js';
import { activeBindings } from '../../src/sip-core/location.js';
import { Gruus } from '../../src/sip-core/gruus.js';
import { OwnAddresses } from '../../src/sip-core/own-addresses.js';
import { Registrar, registrarLimits } from '../../src/sip-core/registrar.js';
import { MemoryLocationStore } from '../../src/store/memory/location.js';
import { coreWith, peerOf } from './support.js';

const AOR = 'sip:alice@example.com';
const NOW = 1_000_000;
const gruus = new Gruus(new Uint8Array(32), new OwnAddresses('example.com', [{ transport: 'UDP', host: '10.0.0.1', port: 5060 }]));
const PATH = ['<sip:p.token@10.0.0.1;lr;ob>'];

interface Given {
  readonly contacts?: readonly string[];
  readonly expires?: number;
  readonly callId?: string;
  readonly cseq?: number;
  readonly headers?: readonly (readonly [string, string])[];
  readonly vias?: number;
  /** A parameter of the topmost Via. */
  readonly keep?: string;
}

function registerOf({ contacts = [], expires, callId = 'one', cseq = 1, headers = [], vias = 1, keep = '' }: Given): SipRequest {
  const request = buildRequest({
    method: 'REGISTER', uri: 'sip:example.com', from: `<${AOR}>;tag=f`, to: `<${AOR}>`, callId, cseq,
    headers: [...contacts.map((contact): [string, string] => ['Contact', contact]), ...(expires === undefined ? [] : [['Expires', String(expires)] as const]), ...headers],
  });
  for (let hop = vias; hop > 0; hop--) request.headers.prepend('Via', `SIP/2.0/UDP 10.9.0.${hop};branch=z9hG4bK${hop}${hop === 1 ? keep : ''}`);
  return request;
}

function registrar(store: LocationStore = new MemoryLocationStore()): { register: (given: Given, now?: number, path?: readonly string[]) => ReturnType<Registrar['register']>; store: LocationStore } {
  const subject = new Registrar(store, gruus);
  return { register: (given, now = NOW, path = PATH) => subject.register(registerOf(given), AOR, path, now), store };
}

function contactsOf(result: { readonly response: { readonly headers: { all(name: string): string[] } } }): string[] {
  return result.response.headers.all('Contact');
}

describe('the registrar (RFC 3261 §10.3)', () => {
  it('lists every current binding with what is left of it in the 200 (step 8)', async () => {
    const { register } = registrar();
    await register({ contacts: ['<sip:a@10.0.0.2>;q=0.5;+g.oma.sip-im'], expires: 600 });
    const result = await register({ contacts: ['<sip:b@10.0.0.3>'], expires: 300, callId: 'two' }, NOW + 100_000);
    expect(result.response.status).toBe(200);
    expect(contactsOf(result)).toEqual(['<sip:a@10.0.0.2>;+g.oma.sip-im;q=0.5;expires=500', '<sip:b@10.0.0.3>;q=1;expires=300']);
    expect(result.response.headers.get('Date')).toBe(new Date(NOW + 100_000).toUTCString());
  });

  it.each([
    ['that keeps the flow', ';keep', 1, PATH, '120'],
    ['that does not, over UDP', ';keep', 1, ['<sip:p.token@10.0.0.1;lr>'], ''],
    ['behind another proxy', ';keep', 2, PATH, ''],
    ['that keeps the flow of a client that offers nothing', '', 1, PATH, undefined],
    ['of a client that says how often itself', ';keep=5', 1, PATH, '5'],
  ])('takes keepalives as the first hop %s (RFC 6223 §4.4)', async (_what, keep, vias, path, expected) => {
    const { register } = registrar();
    const { response } = await register({ contacts: ['<sip:a@10.0.0.2>'], vias, keep }, NOW, path);
    expect(response.via?.params.get('keep')).toBe(expected);
    expect(response.via?.branch).toBe('z9hG4bK1');
    expect(response.vias).toHaveLength(vias);
  });

  it('answers a query without Contact and changes nothing (step 6)', async () => {
    const { register, store } = registrar();
    await register({ contacts: ['<sip:a@10.0.0.2>'], expires: 600 });
    const { version } = await store.load(AOR);
    const result = await register({ cseq: 2 });
    expect(contactsOf(result)).toHaveLength(1);
    expect(result.bindings).toBeUndefined();
    expect((await store.load(AOR)).version).toBe(version);
  });

  it('takes the expires parameter before Expires before the default, and cuts what is too long (step 7)', async () => {
    const { register } = registrar();
    const result = await register({ contacts: ['<sip:a@10.0.0.2>;expires=100', '<sip:b@10.0.0.2>', '<sip:c@10.0.0.2>;expires=999999'], expires: 200 });
    expect(contactsOf(result).map((contact) => /expires=(\d+)/.exec(contact)?.[1])).toEqual(['100', '200', String(registrarLimits.maxExpires)]);
    const unnamed = await registrar().register({ contacts: ['<sip:a@10.0.0.2>'] });
    expect(contactsOf(unnamed)[0]).toContain(`expires=${registrarLimits.defaultExpires}`);
  });

  it('answers 423 with Min-Expires to a lifetime that is too brief, and keeps none of the contacts (step 7)', async () => {
    const { register, store } = registrar();
    const { response } = await register({ contacts: ['<sip:a@10.0.0.2>', '<sip:b@10.0.0.2>;expires=59'], expires: 600 });
    expect(response.status).toBe(423);
    expect(response.headers.get('Min-Expires')).toBe('60');
    expect((await store.load(AOR)).bindings).toEqual([]);
  });

  it('removes a binding with expires 0, also by another spelling of its URI (§10.2.2, §19.1.4)', async () => {
    const { register } = registrar();
    await register({ contacts: ['<sip:a@10.0.0.2>', '<sip:b@HOST.example.net>'], expires: 600 });
    const result = await register({ contacts: ['<sip:%62@host.EXAMPLE.net>;expires=0'], cseq: 2 });
    expect(contactsOf(result)).toEqual(['<sip:a@10.0.0.2>;q=1;expires=600']);
    expect((await register({ contacts: ['<sip:stranger@10.0.0.9>;expires=0'], cseq: 3 })).response.status).toBe(200);
  });

  it('removes all bindings with Contact: * and Expires: 0 (step 6)', async () => {
    const { register } = registrar();
    await register({ contacts: ['<sip:a@10.0.0.2>', '<sip:b@10.0.0.2>'], expires: 600 });
    expect(contactsOf(await register({ contacts: ['*'], expires: 0, cseq: 2 }))).toEqual([]);
  });

  it.each([
    ['another Expires', { contacts: ['*'], expires: 60 }],
    ['no Expires', { contacts: ['*'] }],
    ['another contact', { contacts: ['*', '<sip:a@10.0.0.2>'], expires: 0 }],
  ])('answers 400 to Contact: * with %s (step 6)', async (_, given) => {
    expect((await registrar().register(given)).response.status).toBe(400);
  });

  it('refuses an update and a removal that come late: same Call-ID, CSeq not higher (steps 6 and 7)', async () => {
    const { register } = registrar();
    await register({ contacts: ['<sip:a@10.0.0.2>'], expires: 600, cseq: 5 });
    expect((await register({ contacts: ['<sip:a@10.0.0.2>'], expires: 100, cseq: 5 })).response.status).toBe(500);
    expect((await register({ contacts: ['<sip:a@10.0.0.2>;expires=0'], cseq: 4 })).response.status).toBe(500);
    expect((await register({ contacts: ['*'], expires: 0, cseq: 5 })).response.status).toBe(500);
    expect(contactsOf(await register({}))[0]).toContain('expires=600');
    expect((await register({ contacts: ['<sip:a@10.0.0.2>'], expires: 100, cseq: 1, callId: 'other' })).response.status).toBe(200);
  });

  it('changes all or nothing (step 7)', async () => {
    const { register } = registrar();
    await register({ contacts: ['<sip:a@10.0.0.2>'], expires: 600, cseq: 5 });
    expect((await register({ contacts: ['<sip:new@10.0.0.2>', '<sip:a@10.0.0.2>'], expires: 600, cseq: 3 })).response.status).toBe(500);
    expect(contactsOf(await register({}))).toHaveLength(1);
  });

  it('answers 420 to a Require it does not know and takes path, outbound and gruu (step 2)', async () => {
    const { response } = await registrar().register({ contacts: ['<sip:a@10.0.0.2>'], headers: [['Require', 'path, nonsense']] });
    expect(response.status).toBe(420);
    expect(response.headers.get('Unsupported')).toBe('nonsense');
    expect((await registrar().register({ headers: [['Require', 'path, outbound, gruu']] })).response.status).toBe(200);
  });

  it('bounds the contacts of a user, and still refreshes and removes at the bound', async () => {
    const { register } = registrar();
    const many = Array.from({ length: registrarLimits.maxContacts }, (_, at) => `<sip:c${at}@10.0.0.2>`);
    expect((await register({ contacts: many, expires: 600 })).response.status).toBe(200);
    expect((await register({ contacts: ['<sip:more@10.0.0.2>'], expires: 600, cseq: 2 })).response.status).toBe(403);
    expect((await register({ contacts: ['<sip:c0@10.0.0.2>'], expires: 600, cseq: 3 })).response.status).toBe(200);
    expect((await register({ contacts: ['<sip:c1@10.0.0.2>;expires=0'], cseq: 4 })).response.status).toBe(200);
  });

  it('gives the proxy the bindings that are left, best q first (§16.6)', async () => {
    const { register, store } = registrar();
    await register({ contacts: ['<sip:low@10.0.0.2>;q=0.1', '<sip:none@10.0.0.2>', '<sip:brief@10.0.0.2>;expires=60', '<sip:half@10.0.0.2>;q=0.5'], expires: 600 });
    const names = async (now: number): Promise<string[]> => (await activeBindings(store, AOR, now)).map(({ contact }) => contact.slice(4, contact.indexOf('@')));
    expect(await names(NOW)).toEqual(['none', 'brief', 'half', 'low']);
    expect(await names(NOW + 60_000)).toEqual(['none', 'half', 'low']);
  });

  it('tries again when another node saved first, and gives up with 500 in the end', async () => {
    const memory = new MemoryLocationStore();
    let losses = 2;
    const racing: LocationStore = {
      load: async (aor): Promise<Bindings> => memory.load(aor),
      save: async (aor, version, bindings) => {
        if (losses-- <= 0) return memory.save(aor, version, bindings);
        await registrar(memory).register({ contacts: [`<sip:rival${losses}@10.0.0.4>`], expires: 600, callId: `rival${losses}` });
        return false;
      },
    };
    const result = await registrar(racing).register({ contacts: ['<sip:a@10.0.0.2>'], expires: 600 });
    expect(contactsOf(result)).toHaveLength(3);
    losses = Infinity;
    const { response } = await registrar(racing).register({ contacts: ['<sip:a@10.0.0.2>'], expires: 600, cseq: 9 });
    expect(response.status).toBe(500);
    expect(response.headers.get('Retry-After')).toBe('1');
  });
});

describe('Path (RFC 3327 §5.3)', () => {
  it('is stored with the binding, and comes back in the 200 where the client understands it', async () => {
    const { register, store } = registrar();
    const without = await register({ contacts: ['<sip:a@10.0.0.2>'], expires: 600 });
    expect(without.response.headers.has('Path')).toBe(false);
    const result = await register({ contacts: ['<sip:a@10.0.0.2>'], expires: 600, cseq: 2, headers: [['Supported', 'path']] }, NOW, [...PATH, '<sip:edge.example.net;lr>']);
    expect(result.response.headers.all('Path')).toEqual([...PATH, '<sip:edge.example.net;lr>']);
    expect((await store.load(AOR)).bindings[0]?.path).toEqual([...PATH, '<sip:edge.example.net;lr>']);
  });
});

describe('a device with flows (RFC 5626 §6)', () => {
  const device = (contact: string, regId: number): string => `<${contact}>;+sip.instance="<urn:uuid:1>";reg-id=${regId}`;

  it('replaces the binding of the same instance and reg-id, whatever its contact', async () => {
    const { register } = registrar();
    await register({ contacts: [device('sip:a@10.0.0.2:1', 1)], expires: 600 });
    await register({ contacts: [device('sip:a@10.0.0.2:2', 2)], expires: 600, callId: 'two' });
    const result = await register({ contacts: [device('sip:a@10.0.0.2:3', 1)], expires: 600, callId: 'three' });
    expect(contactsOf(result).map((contact) => contact.slice(0, contact.indexOf('>') + 1))).toEqual(['<sip:a@10.0.0.2:3>', '<sip:a@10.0.0.2:2>']);
    expect(contactsOf(result)[0]).toContain('+sip.instance="<urn:uuid:1>"');
  });

  it('says that outbound is in use only if the client supports it and the first hop keeps the flow', async () => {
    const contacts = [device('sip:a@10.0.0.2', 1)];
    const outbound = [['Supported', 'outbound, path']] as const;
    expect((await registrar().register({ contacts, headers: outbound })).response.headers.get('Require')).toBe('outbound');
    expect((await registrar().register({ contacts })).response.headers.has('Require')).toBe(false);
    expect((await registrar().register({ contacts, headers: outbound }, NOW, ['<sip:p.t@10.0.0.1;lr>'])).response.headers.has('Require')).toBe(false);
  });

  it('answers 439 when the first hop is a proxy without outbound', async () => {
    const { response } = await registrar().register({ contacts: [device('sip:a@10.0.0.2', 1)], vias: 2, headers: [['Supported', 'outbound']] }, NOW, [...PATH, '<sip:edge.example.net;lr>']);
    expect(response.status).toBe(439);
  });

  it('ignores reg-id without instance, and takes one flow a REGISTER', async () => {
    const { register } = registrar();
    await register({ contacts: ['<sip:a@10.0.0.2>;reg-id=1', '<sip:b@10.0.0.2>;reg-id=1'], expires: 600 });
    expect(contactsOf(await register({}))).toHaveLength(2);
    expect((await register({ contacts: [device('sip:c@10.0.0.2', 1), '<sip:d@10.0.0.2>'], expires: 600, cseq: 2 })).response.status).toBe(400);
  });
});

describe('REGISTER at the core (RFC 3261 §10.3)', () => {
  it('answers 403 to a registration for somebody else (step 4) and 404 to one of another domain (steps 1 and 5)', async () => {
    const on = await coreWith();
    const alice = await peerOf(on, 'alice');
    expect((await alice.call('REGISTER', 'sip:example.com', { to: '<sip:bob@example.com>' }).final).status).toBe(403);
    expect((await alice.call('REGISTER', 'sip:elsewhere.example', { to: '<sip:alice@example.com>' }).final).status).toBe(404);
    expect((await alice.call('REGISTER', 'sip:example.com', { to: '<sip:alice@elsewhere.example>' }).final).status).toBe(404);
  });

  it.each(['UDP', 'TCP'] as const)('puts a Path with its flow token in front, over %s (RFC 3327 §5.2, RFC 5626 §5.1)', async (transport) => {
    const on = await coreWith();
    const alice = await peerOf(on, 'alice', transport);
    const response = await alice.register({ headers: [['Supported', 'path'], ['Path', '<sip:edge.example.net;lr>']] });
    const [ours, theirs] = response.headers.all('Path');
    expect(ours).toMatch(new RegExp(`^<sip:p\\.[\\w-]+\\.[\\w-]+@10\\.0\\.0\\.1:5060;transport=${transport.toLowerCase()};lr${transport === 'TCP' ? ';ob' : ''}>$`));
    expect(theirs).toBe('<sip:edge.example.net;lr>');
    expect(response.toTag).toBeDefined();
  });

  it('takes the SIPS and the IM URI of a user for the user (§10.3 step 5, §19.1)', async () => {
    const on = await coreWith();
    const alice = await peerOf(on, 'alice');
    const options = { from: '<sips:%61lice@EXAMPLE.com>;tag=1', to: '<sips:alice@example.com>', headers: [['Contact', `<${alice.contact}>`]] as const };
    expect((await alice.call('REGISTER', 'sip:example.com', options).final).status).toBe(200);
    expect((await on.location.load('sip:alice@example.com')).bindings).toHaveLength(1);
  });
});
