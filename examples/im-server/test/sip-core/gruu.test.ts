import { describe, expect, it } from 'vitest';
import { gruusOf, type SipResponse } from '@simple-im/sip';
import { answer, coreWith, peerOf, type Peer, type TestCore } from './support.js';

const PHONE = 'urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6';
const TABLET = 'urn:uuid:00000000-0000-1000-8000-000a95a0e128';
const ASKS = [['Supported', 'gruu']] as const;

interface Device {
  readonly peer: Peer;
  readonly registered: SipResponse;
  readonly pub: string;
  readonly temp: string;
}

/** Keeps one Call-ID as a device does that has not begun anew. */
async function register(peer: Peer, instance: string, options: { readonly callId?: string; readonly cseq?: number; readonly expires?: number; readonly contact?: string; readonly more?: string } = {}): Promise<SipResponse> {
  const { callId = `${instance}-boot-1`, cseq = 1, expires = 600, contact = peer.contact, more = '' } = options;
  return peer.call('REGISTER', 'sip:example.com', {
    to: `<sip:${peer.name}@example.com>`, callId, cseq,
    headers: [['Contact', `<${contact}>;+sip.instance="<${instance}>";expires=${expires}${more}`], ...ASKS],
  }).final;
}

async function device(on: TestCore, instance: string, name = 'bob'): Promise<Device> {
  const peer = await peerOf(on, name);
  const registered = await register(peer, instance);
  expect(registered.status).toBe(200);
  const { public: pub = '', temporary: temp = '' } = gruusOf(registered, instance);
  peer.handle = (incoming) => answer(incoming, 200, `at-${name}`, incoming.request.method === 'INVITE' ? [['Contact', `<${pub}>`]] : []);
  return { peer, registered, pub, temp };
}

async function status(from: Peer, uri: string, method = 'MESSAGE'): Promise<number> {
  return (await from.call(method, uri).final).status;
}

describe('GRUUs from the registrar (RFC 5627 §5)', () => {
  it('gives both to a device that supports them: the public one is the address-of-record with the instance (§5.1, §5.2)', async () => {
    const { pub, temp, registered } = await device(await coreWith(), PHONE);
    expect(pub.slice(0, -21)).toBe(`sip:bob@example.com;gr=${PHONE}`);
    expect(temp).toMatch(/^sip:[\w-]{60,}@example\.com;gr$/);
    expect(registered.headers.has('Require')).toBe(false);
    expect(registered.headers.has('Supported')).toBe(false);
  });

  it('gives none to a device without instance, one that does not ask, or one whose instance is no URN (§5.1)', async () => {
    const on = await coreWith();
    const bob = await peerOf(on, 'bob');
    const registrations = [
      await bob.register({ headers: ASKS }),
      await bob.register({ parameters: `;+sip.instance="<${PHONE}>"` }),
      await bob.register({ parameters: ';+sip.instance="<nonsense>"', headers: ASKS }),
    ];
    for (const { headers } of registrations) expect(headers.all('Contact').join()).not.toContain('gruu');
  });

  it('takes no GRUU from a client, and keeps feature tags (§5.1)', async () => {
    const bob = await peerOf(await coreWith(), 'bob');
    const response = await register(bob, PHONE, { more: ';pub-gruu="sip:eve@example.com;gr=x";temp-gruu="sip:t@example.com;gr";+g.oma.sip-im' });
    const [contact = ''] = response.headers.all('Contact');
    expect(contact).not.toContain('eve');
    expect(contact).toContain(';+g.oma.sip-im;');
    expect(contact.match(/gruu=/g)).toHaveLength(2);
  });

  it('makes another temporary GRUU each time, and none of two says whose it is (§5.1)', async () => {
    const on = await coreWith();
    const phone = await device(on, PHONE);
    const again = gruusOf(await register(phone.peer, PHONE, { cseq: 2 }), PHONE);
    const other = await device(on, PHONE, 'alice');
    const tokens = [phone.temp, again.temporary ?? '', other.temp].map((uri) => uri.slice(4, uri.indexOf('@')));
    expect(new Set(tokens).size).toBe(3);
    expect(new Set(tokens.map((token) => token.length)).size).toBe(1);
    expect(Buffer.from(tokens[0] ?? '', 'base64url').toString('latin1')).not.toContain('bob');
    expect(again.public).toBe(phone.pub);
  });

  it('refuses a Contact that leads back: the address-of-record, a GRUU of it, or no SIP URI (§5.1)', async () => {
    const on = await coreWith();
    const { peer, pub, temp } = await device(on, PHONE);
    for (const contact of ['sip:bob@example.com', pub, temp, 'mailto:bob@example.com']) {
      expect((await register(peer, TABLET, { contact })).status).toBe(403);
    }
  });
});

describe('requests for a GRUU (RFC 5627 §6.1)', () => {
  it.each(['pub', 'temp'] as const)('go to that device alone, at its contact (%s)', async (kind) => {
    const on = await coreWith();
    const [alice, phone, tablet] = [await peerOf(on, 'alice'), await device(on, PHONE), await device(on, TABLET)];
    expect(await status(alice, phone[kind])).toBe(200);
    expect([phone.peer.received.length, tablet.peer.received.length]).toEqual([1, 0]);
    expect(phone.peer.requests[0]?.uri).toBe(phone.peer.contact);
    expect(on.im.received.at(-1)?.servedUser).toBe('sip:bob@example.com');
  });

  it('are answered 404 where we never gave it: another token, the gr of somebody else, an instance that nobody registered', async () => {
    const on = await coreWith({ mode: 'digest' });
    const { temp, pub } = await device(await coreWith(), PHONE);
    const stranger = await peerOf(on, 'dan');
    const from = '<sip:dan@elsewhere.example>;tag=d';
    const flipped = `${temp.slice(0, 10)}${temp[10] === 'A' ? 'B' : 'A'}${temp.slice(11)}`;
    const others = ['sip:t@example.com;gr', 'sip:bob@example.com;gr=made-up', `sip:bob@example.com;gr=${TABLET}`, pub.replace('bob', 'alice')];
    expect((await stranger.call('MESSAGE', pub, { from }).final).status).toBe(480);
    for (const uri of [flipped, `${pub.slice(0, -20)}${'0'.repeat(20)}`, ...others]) {
      expect((await stranger.call('MESSAGE', uri, { from }).final).status).toBe(404);
    }
  });

  it('are answered 480 for a public one whose device is away, and it is the same when the device is back (§5.3)', async () => {
    const on = await coreWith();
    const [alice, phone] = [await peerOf(on, 'alice'), await device(on, PHONE)];
    await device(on, TABLET);
    await register(phone.peer, PHONE, { cseq: 2, expires: 0 });
    expect(await status(alice, phone.pub)).toBe(480);
    await register(phone.peer, PHONE, { cseq: 3 });
    expect(await status(alice, phone.pub)).toBe(200);
  });

  it('are answered 404 for a temporary one since the device was away, also when it is back (§5.3)', async () => {
    const on = await coreWith();
    const [alice, phone] = [await peerOf(on, 'alice'), await device(on, PHONE)];
    await register(phone.peer, PHONE, { cseq: 2, expires: 0 });
    expect(await status(alice, phone.temp)).toBe(404);
    await register(phone.peer, PHONE, { cseq: 3 });
    expect(await status(alice, phone.temp)).toBe(404);
  });

  it('are answered 404 for a temporary one since the device began with a new Call-ID, and not after a refresh (§5.1)', async () => {
    const on = await coreWith();
    const [alice, phone] = [await peerOf(on, 'alice'), await device(on, PHONE)];
    const refreshed = gruusOf(await register(phone.peer, PHONE, { cseq: 2 }), PHONE).temporary ?? '';
    expect([await status(alice, phone.temp), await status(alice, refreshed)]).toEqual([200, 200]);
    const anew = gruusOf(await register(phone.peer, PHONE, { callId: 'boot-2' }), PHONE).temporary ?? '';
    expect([await status(alice, phone.temp), await status(alice, refreshed), await status(alice, anew)]).toEqual([404, 404, 200]);
    expect(await status(alice, phone.pub)).toBe(200);
  });

  it('keep the temporary ones of a device while its flows come and go, until one of them begins anew (§5.1)', async () => {
    const on = await coreWith();
    const alice = await peerOf(on, 'alice');
    const bob = await peerOf(on, 'bob', 'TCP');
    bob.handle = (incoming) => answer(incoming, 200);
    const flow = (regId: number, callId: string, cseq: number): Promise<SipResponse> => register(bob, PHONE, { callId, cseq, more: `;reg-id=${regId}` });
    const first = gruusOf(await flow(1, 'one', 1), PHONE).temporary ?? '';
    await flow(2, 'two', 1);
    await flow(2, 'two', 2);
    expect(await status(alice, first)).toBe(200);
    await flow(2, 'two-again', 1);
    expect(await status(alice, first)).toBe(404);
  });

  it('take the contact refreshed last of a device that came back elsewhere, and the one before where that is dead (§6.1)', async () => {
    const on = await coreWith();
    const [alice, old] = [await peerOf(on, 'alice'), await device(on, PHONE)];
    await on.clock.elapse(1_000);
    const back = await peerOf(on, 'bob');
    back.handle = (incoming) => answer(incoming, 200);
    await register(back, PHONE, { callId: 'boot-2' });
    expect(await status(alice, old.pub)).toBe(200);
    expect([old.peer.received.length, back.received.length]).toEqual([0, 1]);
    back.handle = (incoming) => answer(incoming, 486);
    expect(await status(alice, old.pub)).toBe(486);
    back.handle = (incoming) => answer(incoming, 430);
    expect(await status(alice, old.pub)).toBe(200);
    expect(old.peer.received.length).toBe(1);
  });

  it('heed the caller\'s preferences among the contacts of the device (§6.1)', async () => {
    const on = await coreWith();
    const alice = await peerOf(on, 'alice');
    const bob = await peerOf(on, 'bob');
    const registered = await register(bob, PHONE, { more: ';audio' });
    const headers = [['Accept-Contact', '*;video;require;explicit']] as const;
    expect((await alice.call('MESSAGE', gruusOf(registered, PHONE).public ?? '', { headers }).final).status).toBe(480);
  });

  it('of another domain are forwarded as they are', async () => {
    const on = await coreWith();
    const [alice, there] = [await peerOf(on, 'alice'), await peerOf(on, 'dan')];
    there.handle = (incoming) => answer(incoming, 200);
    const uri = `sip:dan@${there.host};gr=${PHONE}`;
    expect(await status(alice, uri)).toBe(200);
    expect(there.requests[0]?.uri).toBe(uri);
  });

  it('keep a GRUU of the caller in Contact, and are answered 403 for one of somebody else (§6.2)', async () => {
    const on = await coreWith();
    const [phone, alice] = [await device(on, PHONE), await device(on, TABLET, 'alice')];
    const invite = (contact: string): Promise<SipResponse> => alice.peer.call('INVITE', 'sip:bob@example.com', { headers: [['Contact', `<${contact}>`]] }).final;
    expect((await invite(alice.pub)).status).toBe(200);
    expect(phone.peer.requests[0]?.headers.get('Contact')).toBe(`<${alice.pub}>`);
    expect(phone.peer.requests[0]?.recordRoutes).toHaveLength(1);
    expect((await invite(alice.temp)).status).toBe(200);
    expect((await invite(phone.pub)).status).toBe(403);
    expect((await invite('sip:alice@example.com;gr')).status).toBe(403);
  });
});

describe('a dialog with a GRUU (RFC 5627 §6.1, §6.2)', () => {
  it('follows the device to where it is registered by now, ACK and BYE alike', async () => {
    const on = await coreWith();
    const [alice, phone] = [await peerOf(on, 'alice'), await device(on, PHONE)];
    const call = alice.call('INVITE', 'sip:bob@example.com', { headers: [['Contact', `<${alice.contact}>`]] });
    const accepted = await call.final;
    expect(accepted.contacts[0]?.uriText).toBe(phone.pub);
    const within = (cseq: number): Parameters<Peer['build']>[2] & object => ({
      from: call.request.headers.get('From') ?? '', to: accepted.headers.get('To') ?? '', callId: call.request.callId ?? '', cseq,
      routes: accepted.headers.list('Record-Route').reverse(),
    });
    const flow = alice.endpoint.flowTo(alice.target);
    const ack = (): void => {
      const request = alice.build('ACK', phone.pub, within(call.request.cseq?.number ?? 0));
      request.headers.prepend('Via', `SIP/2.0/UDP ${alice.host}:5060;branch=${alice.endpoint.newBranch()}`);
      alice.endpoint.send(request, flow);
    };
    ack();
    await on.clock.settle();
    expect(phone.peer.acks.map(({ uri }) => uri)).toEqual([phone.peer.contact]);
    const moved = await peerOf(on, 'bob');
    moved.handle = (incoming) => answer(incoming, 200);
    await register(phone.peer, PHONE, { cseq: 2, expires: 0 });
    await register(moved, PHONE, { cseq: 3 });
    ack();
    expect((await alice.call('BYE', phone.pub, within(100)).final).status).toBe(200);
    expect([moved.acks.length, moved.requests.map(({ method, uri }) => [method, uri])]).toEqual([1, [['BYE', moved.contact]]]);
  });
});
