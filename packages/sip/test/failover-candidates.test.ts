import { describe, expect, it } from 'vitest';
import { Candidates, FailedTargets } from '../src/index.js';
import type { Target } from '../src/index.js';
import { World } from './helpers.js';

const place = (host: string): Target => ({ transport: 'UDP', address: { host, port: 5060 } });
const [one, two] = [place('192.0.2.1'), place('192.0.2.2')];

async function* later(...targets: Target[]): AsyncGenerator<Target, void, undefined> {
  yield* targets;
}

describe('places for a request (RFC 3263 §4.3)', () => {
  it('that are known are had at once, those that failed lately last', async () => {
    const failed = new FailedTargets();
    failed.add(one, 0);
    const known = new Candidates([one, two], failed, () => 1);
    expect([known.nextKnown(), known.nextKnown(), known.nextKnown()]).toEqual([two, one, undefined]);
    const awaited = new Candidates([one, two], failed, () => 1);
    expect([await awaited.next(), await awaited.next(), await awaited.next()]).toEqual([two, one, undefined]);
  });

  it('that have to be asked for are not known', async () => {
    const asked = new Candidates(later(one), new FailedTargets(), () => 0);
    expect(asked.nextKnown()).toBeUndefined();
    expect(await asked.next()).toEqual(one);
  });

  it('are known for a URI that names an address, and not for a name or a URI that leads nowhere', async () => {
    const { locator } = (await new World().host('192.0.2.1')).endpoint;
    expect(locator.candidates('sip:bob@192.0.2.2').nextKnown()).toEqual(two);
    expect(locator.candidates('sip:bob@example.com').nextKnown()).toBeUndefined();
    expect(locator.candidates('sip:bob@192.0.2.2;transport=sctp').nextKnown()).toBeUndefined();
    await expect(locator.candidates('sip:bob@192.0.2.2;transport=sctp').next()).rejects.toMatchObject({ code: 'SIP_UNSUPPORTED_TRANSPORT' });
  });
});
