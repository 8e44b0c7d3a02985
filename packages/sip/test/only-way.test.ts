import { expect, it } from 'vitest';
import type { Flow, UaDialog } from '../src/index.js';
import { World } from './helpers.js';

/** Two agents that know each other by one connection, which the first opened; what else their URIs say leads nowhere. */
async function connected() {
  const world = new World();
  const a = await world.agent('alice', '192.0.2.1');
  const b = await world.agent('bob', '192.0.2.2', { contact: 'sip:bob@nowhere.invalid' });
  const flow = a.endpoint.flowTo({ transport: 'TCP', address: { host: '192.0.2.2', port: 5060 } });
  a.ua.onlyWay = { transport: 'TCP', address: flow.remote, flow };
  return { world, a, b, flow };
}

it('an agent with only one way takes it for every request, in dialogs too (RFC 3261 §8.1.2)', async () => {
  const { world, a, b } = await connected();
  let theirs: Promise<UaDialog> | undefined;
  let came: Flow | undefined;
  b.ua.handle('INVITE', (incoming) => {
    came = incoming.flow;
    theirs = incoming.accept();
  });
  const invite = a.ua.invite('sip:bob@example.com');
  await world.clock.settle();
  const { dialog } = await invite.answered;
  invite.ack();
  await world.clock.settle();
  b.ua.onlyWay = { transport: 'TCP', address: (came as Flow).remote, flow: came };
  const bye = (await (theirs as Promise<UaDialog>)).bye();
  await world.clock.settle();
  expect((await bye).status).toBe(200);
  expect(a.lines()).toEqual(['out INVITE', 'in 200 INVITE', 'out ACK', 'in BYE', 'out 200 BYE']);
  expect(dialog.dialog.state).toBe('terminated');
  expect(world.network.connections).toHaveLength(2);
});

it('a target with a flow fails with SIP_TRANSPORT once that is closed, and opens no other', async () => {
  const { world, a } = await connected();
  const first = a.ua.request('OPTIONS', 'sip:bob@example.com');
  await world.clock.settle();
  expect((await first).status).toBe(200);
  world.network.cut();
  await world.clock.settle();
  const second = a.ua.request('OPTIONS', 'sip:bob@example.com').catch((error: unknown) => error);
  await world.clock.settle();
  expect(await second).toMatchObject({ code: 'SIP_TRANSPORT' });
  expect(world.network.connections).toHaveLength(0);
});
