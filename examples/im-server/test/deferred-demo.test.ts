import { expect, it, onTestFinished } from 'vitest';
import { stageConfig } from '../src/demo/conversation.js';
import { defer } from '../src/demo/deferred.js';
import { started } from './arrangements.js';

it.each(['udp', 'tcp'] as const)('a message and its notifications reach who was away, one after the other, over %s (004, 5.3.2.1.3)', async (transport) => {
  const server = await started(stageConfig(transport));
  onTestFinished(() => server.close());
  const scenes: string[] = [];
  const { told, players } = await defer(server, { scene: (title) => scenes.push(title) });
  expect(told).toEqual({
    status: 202,
    text: 'Call me when you are back.',
    notifications: [{ kind: 'processing', status: 'stored' }, { kind: 'delivery', status: 'delivered' }, { kind: 'display', status: 'displayed' }],
  });
  expect(scenes).toHaveLength(5);
  await Promise.all(players.map(({ client }) => client.close()));
});
