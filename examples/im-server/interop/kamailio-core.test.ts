/* Kamailio as the core in front of our IM server: IM-2 on the wire needs nothing that only we can write. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { converse, next, player } from '../src/demo/conversation.js';
import { demoConfig, startServer, type Log, type RunningServer } from '../src/index.js';
import { daemon, hasProgram, type Daemon } from './programs.js';

const alice = { aor: 'sip:alice@example.com', password: 'wonderland' };
const bob = { aor: 'sip:bob@example.com', password: 'builder' };
const config = fileURLToPath(new URL('./kamailio-core/kamailio.cfg', import.meta.url));

interface Stage {
  readonly folder: string;
  readonly im: RunningServer;
  readonly kamailio: Daemon;
  /** What the IM server told its operator. */
  readonly logged: string[];
  /** For what talks to a server of ours: it reads only where that listens. */
  readonly core: (transport: 'udp' | 'tcp') => RunningServer;
}

async function unusedPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().on('error', reject).listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

function userTable(folder: string): string {
  const table = join(folder, 'db');
  mkdirSync(table);
  writeFileSync(join(table, 'version'), 'table_name(string) table_version(int)\nsubscriber:7\n');
  const rows = [alice, bob].map(({ aor, password }) => `${aor.slice(4).replace('@', ':')}:${password}\n`);
  writeFileSync(join(table, 'subscriber'), `username(string) domain(string) password(string)\n${rows.join('')}`);
  return table;
}

async function raise(): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'simple-im-kamailio-core-'));
  const port = await unusedPort();
  const logged: string[] = [];
  const quiet = (): void => {};
  const log: Log = { debug: quiet, warn: quiet, error: quiet, info: (_fields, message) => logged.push(message) };
  const im = await startServer({ ...demoConfig('--roles', 'im', '--sip', 'tcp:127.0.0.1:0', '--core', `sip:127.0.0.1:${port};transport=tcp`) }, { log });
  const imAddress = im.ready.sip[0]?.slice('tcp:'.length) ?? '';
  const definitions = [`DBURL="text://${userTable(folder)}"`, `IM=${imAddress}`, 'TOKEN=4f1d9c07a2', `PORT=${port}`].flatMap((definition) => ['-A', definition]);
  const sockets = ['udp', 'tcp'].flatMap((transport) => ['-l', `${transport}:127.0.0.1:${port}`]);
  const kamailio = daemon('kamailio', ['-DD', '-E', '-m', '32', '-M', '8', '-Y', folder, '-f', config, ...definitions, ...sockets]);
  const core = (transport: 'udp' | 'tcp'): RunningServer => ({ ready: { sip: [`${transport}:127.0.0.1:${port}`] } }) as unknown as RunningServer;
  const stage: Stage = { folder, im, kamailio, core, logged };
  await vi.waitFor(async () => {
    const { client } = player(core('tcp'), alice);
    await client.register().finally(() => client.close());
  }, { timeout: 15_000, interval: 100 }).catch((error: unknown) => { throw new Error(`kamailio does not serve: ${kamailio.output()}`, { cause: error }); });
  return stage;
}

describe.skipIf(!hasProgram('kamailio'))('Kamailio as the core', () => {
  let stage: Stage;

  beforeAll(async () => { stage = await raise(); });
  afterAll(async () => {
    await stage.kamailio.stop();
    await stage.im.close();
    rmSync(stage.folder, { recursive: true, force: true });
  });

  it.each([['tcp', 'tcp'], ['udp', 'udp'], ['udp', 'tcp']] as const)('carries pager messages, notifications and a session over our IM server, %s to %s', async (from, to) => {
    const [host, guest] = [player(stage.core(from), alice), player(stage.core(to), bob)];
    const scenes: string[] = [];
    try {
      await converse(host, guest, { scene: (title) => scenes.push(title) });
    } catch (error) {
      throw new Error(`after ${JSON.stringify(scenes.at(-1))}: ${stage.kamailio.output()}`, { cause: error });
    } finally {
      await Promise.all([host.client.close(), guest.client.close()]);
    }
    const metrics = (await stage.im.metrics.text()).body;
    for (const sessionCase of ['originating', 'terminating']) {
      for (const mode of ['pager', 'session']) expect(metrics).toContain(`im_policy_evaluations_total{case="${sessionCase}",mode="${mode}",result="admitted"}`);
    }
  });

  it('has no registration events, which the IM server does without: it is asked once', () => {
    expect(stage.logged.filter((message) => message === 'the core has no registration events')).toHaveLength(1);
  });

  it('has messages stored for a user who is away, and delivered when the user registers', async () => {
    const host = player(stage.core('tcp'), alice);
    await host.client.register();
    expect(await host.client.send(bob.aor, 'a page', { notify: ['delivered'] })).toMatchObject({ status: 202 });
    const session = await host.client.invite(bob.aor);
    await session.send('in a session');
    await session.leave();
    const guest = player(stage.core('udp'), bob);
    await guest.client.register();
    expect([(await next(guest.client.messages)).text, (await next(guest.client.messages)).text]).toEqual(['a page', 'in a session']);
    expect(await next(host.client.notifications)).toMatchObject({ status: 'delivered' });
    await Promise.all([host.client.close(), guest.client.close()]);
  });
});
