import { describe, expect, it } from 'vitest';
import { register, serverWith, userOf } from '../support.js';
import { RawWatcher, type Fields } from './watcher.js';

const REG: Fields = [['Event', 'reg'], ['Expires', '600']];

describe.each(['UDP', 'TCP'] as const)('the registration event package over %s', (transport) => {
  it('tells a user of the own registrations: all of them first, then what changes (RFC 3680 §4.3)', async () => {
    const server = await serverWith(['--notify-interval', '0']);
    const alice = await userOf(server, 'alice', { transport });
    const watcher = new RawWatcher(alice.ua);
    const response = await watcher.subscribe(alice.aor, REG);
    expect(response.status).toBe(200);
    expect(response.headers.get('Expires')).toBe('600');
    const first = await watcher.notify(0);
    expect(first.headers.get('Event')).toBe('reg');
    expect(first.headers.get('Subscription-State')).toBe('active;expires=600');
    expect(first.contentType?.type).toBe('application/reginfo+xml');
    expect(await watcher.regInfo(0)).toMatchObject({ version: 0, state: 'full', registrations: [{ aor: alice.aor, state: 'init', contacts: [] }] });

    expect(await register(alice)).toBe(200);
    const second = await watcher.regInfo(1);
    expect(second).toMatchObject({ version: 1, state: 'partial', registrations: [{ aor: alice.aor, state: 'active' }] });
    expect(second.registrations[0]?.contacts).toMatchObject([{
      state: 'active', event: 'registered', uri: alice.contact, expires: 600, durationRegistered: 0,
      unknownParams: [{ name: '+g.oma.sip-im', value: '' }],
    }]);

    expect(await register(alice)).toBe(200);
    const third = await watcher.regInfo(2);
    expect(third.registrations[0]?.contacts).toMatchObject([{ event: 'refreshed', id: second.registrations[0]?.contacts[0]?.id }]);

    expect(await register(alice, { expires: 0 })).toBe(200);
    expect(await watcher.regInfo(3)).toMatchObject({ version: 3, state: 'partial', registrations: [{ state: 'terminated', contacts: [{ state: 'terminated', event: 'unregistered' }] }] });
  });
});

describe('metrics', () => {
  it('count subscriptions and NOTIFYs by what became of them', async () => {
    const server = await serverWith();
    const alice = await userOf(server, 'alice');
    const watcher = new RawWatcher(alice.ua);
    await watcher.subscribe(alice.aor, REG);
    await watcher.notify(0);
    const metrics = async (): Promise<string> => (await fetch(`http://${server.ready.http}/metrics`)).text();
    await expect.poll(metrics).toContain('simple_im_event_notifications_total{package="reg",result="2xx"} 1');
    expect(await metrics()).toContain('simple_im_event_subscriptions{package="reg"} 1');
    await watcher.refresh([['Event', 'reg'], ['Expires', '0']]);
    expect(await metrics()).toContain('simple_im_event_subscriptions{package="reg"} 0');
  });
});
