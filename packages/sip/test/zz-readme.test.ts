import { it } from 'vitest';
import { SipEndpoint, UserAgent } from '@simple-im/sip';
import { nodeClock, nodeHash, nodeNetwork, nodeRandom } from '@simple-im/transport/node';

it('runs', async () => {
const endpoints = [1, 2].map(() => new SipEndpoint({ network: nodeNetwork, clock: nodeClock, random: nodeRandom }));
const [alice, bob] = endpoints.map((endpoint, i) => new UserAgent({ endpoint, aor: `sip:user${i}@example.com`, hash: nodeHash }));
await endpoints[0].listenUdp({ host: '127.0.0.1', port: 0 });
const { host, port } = await endpoints[1].listenUdp({ host: '127.0.0.1', port: 0 });
bob.handle('MESSAGE', (incoming) => incoming.respond(200));
const answer = await alice.request('MESSAGE', `sip:bob@${host}:${port}`, { contentType: 'text/plain', body: new TextEncoder().encode('hi') });
console.log(answer.status, answer.reason);
await Promise.all(endpoints.map((endpoint) => endpoint.close()));
});
