/* GRUUs in registration information: RFC 5628. */
import { describe, expect, it } from 'vitest';
import { parseUri } from '@simple-im/grammar';
import { gruusOf } from '@simple-im/sip';
import { anotherOn, watching } from './fake.js';

const alice = 'sip:alice@example.com';
const REG = [['Event', 'reg'], ['Expires', '7200']] as const;
const device = { parameters: ';+sip.instance="<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>"', headers: [['Supported', 'gruu, path']] } as const;

describe('a contact with GRUUs', () => {
  it('is shown with the public one, and with a temporary one and the CSeq of the first that counts (§5)', async () => {
    const { on, watcher } = await watching();
    const { peer } = await anotherOn(on, 'alice');
    const response = await peer.register(device);
    const given = gruusOf(response, 'urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6');
    expect(given.public).toBeDefined();
    await watcher.subscribe(alice, REG);
    const [contact] = (await watcher.regInfo(0)).registrations[0]?.contacts ?? [];
    expect(contact?.pubGruu?.uri).toBe(given.public);
    expect(contact?.tempGruu).toEqual({ uri: given.temporary, firstCseq: 1 });
    expect(given.temporary).toMatch(/^sip:[\w-]+@example\.com;gr$/);
    expect(parseUri(contact?.tempGruu?.uri ?? '').scheme).toBe('sip');
  });

  it('is shown without, when it gave no instance', async () => {
    const { on, watcher } = await watching();
    const { peer } = await anotherOn(on, 'alice');
    await peer.register();
    await watcher.subscribe(alice, REG);
    expect((await watcher.regInfo(0)).registrations[0]?.contacts[0]).not.toHaveProperty('pubGruu');
  });

  it('names the CSeq that began the epoch of a new Call-ID (RFC 5627 §5.1)', async () => {
    const { on, watcher } = await watching();
    const { peer } = await anotherOn(on, 'alice');
    await peer.register(device);
    await peer.register(device);
    await watcher.subscribe(alice, REG);
    expect((await watcher.regInfo(0)).registrations[0]?.contacts).toMatchObject([{ cseq: 2, tempGruu: { firstCseq: 2 } }]);
  });

  it('is shown with the temporary one made last, the same for all contacts of the device (§5)', async () => {
    const { on, watcher } = await watching();
    const { peer } = await anotherOn(on, 'alice');
    const flow = (id: number) => peer.register({
      contact: `sip:alice@10.4.4.${id}`, parameters: `${device.parameters};reg-id=${id}`, headers: [['Supported', 'gruu, path, outbound']],
    });
    await flow(1);
    await watcher.subscribe(alice, REG);
    await watcher.notify(0);
    await flow(1);
    const last = gruusOf(await flow(2), 'urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6').temporary;
    await on.clock.elapse(5000);
    expect((await watcher.regInfo(1)).registrations[0]?.contacts.map(({ tempGruu }) => tempGruu?.uri)).toEqual([last, last]);
    await watcher.refresh(REG);
    expect((await watcher.regInfo(2)).registrations[0]?.contacts.map(({ tempGruu }) => tempGruu?.uri)).toEqual([last, last]);
  });

  it('is shown without the temporary ones when it is gone, which are no more (RFC 5627 §5.3)', async () => {
    const { on, watcher } = await watching();
    const { peer } = await anotherOn(on, 'alice');
    await peer.register(device);
    await watcher.subscribe(alice, REG);
    await watcher.notify(0);
    await peer.register({ ...device, expires: 0 });
    await on.clock.elapse(5000);
    const [contact] = (await watcher.regInfo(1)).registrations[0]?.contacts ?? [];
    expect(contact).toMatchObject({ state: 'terminated', pubGruu: { uri: expect.any(String) } });
    expect(contact).not.toHaveProperty('tempGruu');
  });
});
