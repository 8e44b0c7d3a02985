/* What becomes of contacts, and how it is told: RFC 3680 §4.7, §4.10, §5. */
import { describe, expect, it } from 'vitest';
import type { RegInfo } from '@simple-im/sip-events/documents/reg';
import { administrationOf } from './bindings.js';
import { anotherOn, watching, type Watching } from './fake.js';

const alice = 'sip:alice@example.com';
const REG = [['Event', 'reg'], ['Expires', '7200']] as const;

/** A watcher that has had its first NOTIFY, and a registered device beside it. */
async function registered(expires = 3600): Promise<Watching & { readonly device: string; readonly register: (expires: number) => Promise<void> }> {
  const stage = await watching();
  const { peer } = await anotherOn(stage.on, 'alice');
  const register = async (seconds: number): Promise<void> => {
    expect((await peer.register({ expires: seconds })).status).toBe(200);
  };
  await register(expires);
  await stage.watcher.subscribe(alice, REG);
  await stage.watcher.notify(0);
  await stage.on.clock.elapse(5000);
  return { ...stage, device: peer.contact, register };
}

const contactsOf = (info: RegInfo): unknown => info.registrations[0]?.contacts;

describe('a contact', () => {
  it('that was there before is in the first NOTIFY with its age and what is left', async () => {
    const { on, watcher } = await watching();
    const { peer } = await anotherOn(on, 'alice');
    await peer.register({ parameters: ';q=0.5;+sip.instance="<urn:uuid:1>";+g.oma.sip-im', expires: 1000 });
    await on.clock.elapse(100_000);
    await watcher.subscribe(alice, REG);
    expect(await watcher.regInfo(0)).toMatchObject({
      version: 0, state: 'full', registrations: [{ aor: alice, state: 'active', contacts: [{
        state: 'active', event: 'registered', uri: peer.contact, q: '0.5', expires: 900, durationRegistered: 100, callId: 'alice-call-1', cseq: 1,
        unknownParams: [{ name: '+sip.instance', value: '"<urn:uuid:1>"' }, { name: '+g.oma.sip-im', value: '' }],
      }] }],
    });
  });

  it('expires without anybody doing anything: a timer notices', async () => {
    const { on, watcher, device } = await registered(60);
    await on.clock.elapse(55_000);
    expect(contactsOf(await watcher.regInfo(1))).toMatchObject([{ state: 'terminated', event: 'expired', uri: device, durationRegistered: 60 }]);
    expect((await watcher.regInfo(1)).registrations[0]?.state).toBe('terminated');
    expect((await on.location.load(alice)).bindings).toEqual([]);
  });

  it('that is refreshed expires later', async () => {
    const { on, watcher, register } = await registered(60);
    await register(600);
    await on.clock.elapse(500_000);
    expect(watcher.seen).toHaveLength(2);
    expect(contactsOf(await watcher.regInfo(1))).toMatchObject([{ event: 'refreshed', expires: 600 }]);
    await on.clock.elapse(100_000);
    expect(contactsOf(await watcher.regInfo(2))).toMatchObject([{ event: 'expired', durationRegistered: 605 }]);
  });

  it('keeps its id, another one has another (§5.1)', async () => {
    const { on, watcher, register } = await registered();
    const { peer } = await anotherOn(on, 'alice');
    await register(3600);
    await peer.register();
    await on.clock.elapse(5000);
    const before = (await watcher.regInfo(0)).registrations[0]?.contacts[0]?.id;
    const after = (await watcher.regInfo(1)).registrations[0]?.contacts.map(({ id }) => id);
    expect(after).toEqual([before]);
    expect((await watcher.regInfo(2)).registrations[0]?.contacts[0]?.id).not.toBe(before);
  });

  it('is another one when a flow of a device brings another URI (RFC 5626 §6, RFC 3680 §5.1)', async () => {
    const { on, watcher, peer } = await watching();
    await watcher.subscribe(alice, REG);
    await watcher.notify(0);
    const flow = ';+sip.instance="<urn:uuid:1>";reg-id=1';
    const register = (contact: string) => peer.register({ contact, parameters: flow, headers: [['Supported', 'outbound, path']] });
    expect((await register('sip:alice@10.4.4.4')).status).toBe(200);
    await on.clock.elapse(5000);
    expect((await register('sip:alice@10.5.5.5')).status).toBe(200);
    await on.clock.elapse(5000);
    expect(contactsOf(await watcher.regInfo(2))).toMatchObject([
      { state: 'terminated', event: 'unregistered', uri: 'sip:alice@10.4.4.4' }, { state: 'active', event: 'registered', uri: 'sip:alice@10.5.5.5' },
    ]);
  });

  it('all of them go with Contact: * (RFC 3261 §10.2.2)', async () => {
    const { on, watcher, peer } = await watching();
    const { peer: second } = await anotherOn(on, 'alice');
    await peer.register();
    await second.register();
    await watcher.subscribe(alice, REG);
    await watcher.notify(0);
    await peer.call('REGISTER', 'sip:example.com', { to: `<${alice}>`, headers: [['Contact', '*'], ['Expires', '0']] }).final;
    await on.clock.elapse(5000);
    expect(await watcher.regInfo(1)).toMatchObject({ registrations: [{ state: 'terminated', contacts: [{ event: 'unregistered' }, { event: 'unregistered' }] }] });
  });
});

describe('an operator (RFC 3680 §4.7.1)', () => {
  it('creates a contact', async () => {
    const { on, watcher } = await watching();
    await watcher.subscribe(alice, REG);
    await watcher.notify(0);
    expect(await administrationOf(on).create(alice, 'sip:alice@10.6.6.6', { expires: 600 })).toBe(true);
    await on.clock.elapse(5000);
    expect(contactsOf(await watcher.regInfo(1))).toMatchObject([{ state: 'active', event: 'created', expires: 595 }]);
    expect(await administrationOf(on).create(alice, 'sip:alice@10.6.6.6', { expires: 600 })).toBe(false);
  });

  it('shortens one, which says how long it has (§5.1)', async () => {
    const { on, watcher, device } = await registered();
    expect(await administrationOf(on).shorten(alice, device, 60)).toBe(true);
    expect(contactsOf(await watcher.regInfo(1))).toMatchObject([{ state: 'active', event: 'shortened', expires: 60 }]);
    await on.clock.elapse(60_000);
    expect(contactsOf(await watcher.regInfo(2))).toMatchObject([{ event: 'expired' }]);
  });

  it.each([
    [{ event: 'deactivated' }, {}], [{ event: 'rejected' }, {}], [{ event: 'probation', retryAfter: 30 }, { retryAfter: 30 }],
  ] as const)('takes one away: %o', async (removal, told) => {
    const { on, watcher, device } = await registered();
    expect(await administrationOf(on).remove(alice, device, removal)).toBe(true);
    expect(contactsOf(await watcher.regInfo(1))).toMatchObject([{ state: 'terminated', event: removal.event, ...told }]);
    expect(await administrationOf(on).remove(alice, device, removal)).toBe(false);
  });
});

describe('the rate (RFC 3680 §4.10)', () => {
  it('is one NOTIFY in 5 seconds, with what happened since', async () => {
    const { on, watcher, peer } = await watching();
    const { peer: second } = await anotherOn(on, 'alice');
    await watcher.subscribe(alice, REG);
    await watcher.notify(0);
    await peer.register();
    await second.register();
    await second.register({ expires: 0 });
    await on.clock.elapse(4900);
    expect(watcher.seen).toHaveLength(1);
    await on.clock.elapse(100);
    expect(watcher.seen).toHaveLength(2);
    expect(await watcher.regInfo(1)).toMatchObject({
      version: 1, state: 'partial', registrations: [{ state: 'active', contacts: [
        { event: 'registered', uri: peer.contact }, { event: 'unregistered', uri: second.contact },
      ] }],
    });
  });

  it('never keeps a first NOTIFY waiting', async () => {
    const { on, watcher } = await watching();
    await watcher.subscribe(alice, REG);
    await watcher.notify(0);
    await watcher.refresh(REG);
    await watcher.notify(1);
    expect(on.clock.now()).toBe(0);
  });
});

describe('versions (RFC 3680 §5.1)', () => {
  it('are counted from 0 for each subscription', async () => {
    const { on, watcher, peer } = await watching();
    await watcher.subscribe(alice, REG);
    await watcher.notify(0);
    await peer.register();
    await on.clock.elapse(5000);
    const later = await anotherOn(on, 'alice');
    await later.watcher.subscribe(alice, REG);
    expect((await watcher.regInfo(1)).version).toBe(1);
    expect((await later.watcher.regInfo(0)).version).toBe(0);
  });

  it('a NOTIFY that was lost is followed by the whole state', async () => {
    const { on, watcher, peer } = await watching();
    await watcher.subscribe(alice, REG);
    await watcher.notify(0);
    watcher.answer = (incoming) => incoming.respond(503);
    await peer.register();
    await on.clock.elapse(5000);
    watcher.answer = (incoming) => incoming.respond(200);
    await on.clock.elapse(70_000);
    expect(await watcher.regInfo(1)).toMatchObject({ version: 1, state: 'partial' });
    expect(await watcher.regInfo(2)).toMatchObject({ version: 2, state: 'full', registrations: [{ contacts: [{ uri: peer.contact }] }] });
  });
});
