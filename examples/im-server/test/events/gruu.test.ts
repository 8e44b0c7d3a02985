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
    expect(contact?.tempGruu).toMatchObject({ uri: expect.stringMatching(/^sip:[\w-]+@example\.com;gr$/), firstCseq: 1 });
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
});
