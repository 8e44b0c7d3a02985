/* An IM server in a process of its own that begins anew while users are registered. */
import { expect, it, onTestFinished } from 'vitest';
import { startServer } from '../../src/index.js';
import { imConfig, portOf, startApart } from '../arrangements.js';
import { configOf, register, userOf } from '../support.js';

it('knows the devices of every registered user again, and stops watching who leaves', async () => {
  const config = configOf();
  const { im: first, core } = await startApart(config);
  const imPort = portOf(first.ready.sip[0]);
  onTestFinished(() => core.close());
  const metrics = async (http: string): Promise<string> => (await fetch(`http://${http}/metrics`)).text();
  const [alice, bob] = [await userOf(core, 'alice'), await userOf(core, 'bob')];
  expect([await register(alice), await register(bob)]).toEqual([200, 200]);
  await expect.poll(() => metrics(first.ready.http)).toContain('simple_im_im_watched_registrations 2');
  await expect.poll(() => metrics(core.ready.http)).toContain('simple_im_event_notifications_total{package="reg",result="2xx"} 2');
  await first.close();

  const again = await startServer({ ...imConfig(config), sip: [{ transport: 'TCP', address: { host: '127.0.0.1', port: imPort } }] });
  onTestFinished(() => again.close());
  await expect.poll(() => metrics(again.ready.http), { timeout: 5000 }).toContain('simple_im_im_watched_registrations 2');
  expect(await register(alice, { expires: 0 })).toBe(200);
  await expect.poll(() => metrics(again.ready.http)).toContain('simple_im_im_watched_registrations 1');
}, 15_000);
