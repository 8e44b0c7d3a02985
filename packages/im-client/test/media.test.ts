import { expect, it } from 'vitest';
import { utf8 } from '@simple-im/grammar';
import { MsrpEndpoint, type IncomingMessage } from '@simple-im/msrp';
import { FakeClock, FakeNetwork, FakeRandom } from '@simple-im/transport/fake';
import { readWhole } from '../src/media.js';

it('gives messages in the order in which they were complete, however many chunks each has', async () => {
  const clock = new FakeClock();
  const network = new FakeNetwork({ clock });
  const endpoint = new MsrpEndpoint({ network, clock, random: new FakeRandom(1) });
  await endpoint.listen({ host: '192.0.2.2', port: 2855 });
  const session = endpoint.createSession();
  const order: number[] = [];
  session.attach({ message: (message: IncomingMessage) => void readWhole(message).then(({ length }) => order.push(length)) });
  const peer = 'msrp://192.0.2.1:9/peer;tcp';
  session.accept([peer]).catch(() => undefined);
  const frame = (id: string, messageId: string, range: string, body: string, flag: string) => [
    `MSRP ${id} SEND`, `To-Path: ${session.uri}`, `From-Path: ${peer}`, `Message-ID: ${messageId}`, `Byte-Range: ${range}`,
    'Content-Type: text/plain', '', body, `-------${id}${flag}`, '',
  ].join('\r\n');
  const chunks = Array.from({ length: 40 }, (_, at) => frame(`chunk${at}`, 'long', `${at + 1}-${at + 1}/40`, 'x', at === 39 ? '$' : '+'));
  const connection = await network.connectTcp({ host: '192.0.2.2', port: 2855 });
  connection.attach({ data: () => {}, closed: () => {} });
  connection.write(utf8(chunks.join('') + frame('last', 'short', '1-2/2', 'yy', '$')));
  await clock.settle();
  expect(order).toEqual([40, 2]);
  connection.destroy();
});
