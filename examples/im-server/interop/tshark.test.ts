/* A whole demo run on the loopback interface as tshark sees it: no malformed SIP, SDP or MSRP. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { bob, converse, player, startStage, tom } from '../src/demo/conversation.js';
import { hasProgram, run } from './programs.js';

/** A capture on the loopback interface that is known to run when it begins and to be complete when it stops. */
class Capture {
  readonly #file: string;
  readonly #child: ChildProcess;
  readonly #marker: Socket;

  private constructor(file: string, child: ChildProcess, marker: Socket) {
    this.#file = file;
    this.#child = child;
    this.#marker = marker;
  }

  static async start(file: string, ports: readonly number[]): Promise<Capture> {
    const marker = createSocket('udp4');
    await new Promise<void>((resolve) => { marker.bind(0, '127.0.0.1', resolve); });
    const filter = [...ports, marker.address().port].map((port) => `port ${port}`).join(' or ');
    const child = spawn('dumpcap', ['-q', '-i', 'lo', '-f', filter, '-w', file], { stdio: 'ignore' });
    const capture = new Capture(file, child, marker);
    await capture.#mark('the capture begins');
    return capture;
  }

  async stop(): Promise<void> {
    await this.#mark('the capture ends');
    this.#child.kill('SIGINT');
    await once(this.#child, 'close');
    this.#marker.close();
  }

  /** Sends a datagram until it is in the file: packets are written in order, so everything before it is there too. */
  #mark(text: string): Promise<void> {
    return vi.waitFor(() => {
      this.#marker.send(text, this.#marker.address().port, '127.0.0.1');
      if (!readFileSync(this.#file).includes(text)) throw new Error(`not captured: ${text}`);
    }, { timeout: 15_000, interval: 50 });
  }
}

describe.skipIf(!hasProgram('tshark') || !hasProgram('dumpcap')).each(['udp', 'tcp'] as const)('tshark on a demo run over %s', (transport) => {
  const folder = mkdtempSync(join(tmpdir(), 'simple-im-tshark-'));
  const file = join(folder, 'demo.pcapng');
  let decodeAs: string[] = [];

  const tshark = async (...args: string[]): Promise<string[]> => {
    const { code, output } = await run('tshark', ['-r', file, ...decodeAs, ...args], { seconds: 60 });
    expect(code, output).toBe(0);
    return output.split('\n').filter((line) => line !== '' && !line.startsWith('Running as user'));
  };

  beforeAll(async () => {
    const server = await startStage(transport);
    const ports = [...server.ready.sip, ...server.ready.msrp].map((text) => Number(text.split(':').at(-1)));
    decodeAs = ['-d', `${transport}.port==${ports[0]},sip`, '-d', `tcp.port==${ports[1]},msrp`];
    const capture = await Capture.start(file, ports);
    const host = player(server, bob);
    const guest = player(server, tom);
    await converse(host, guest, { scene: () => {} });
    await Promise.all([host.client.close(), guest.client.close()]);
    await server.close();
    await capture.stop();
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('finds SIP, SDP and MSRP', async () => {
    expect((await tshark('-Y', 'sip')).length).toBeGreaterThan(30);
    expect((await tshark('-Y', 'sdp.media.proto == "TCP/MSRP"')).length).toBe(4);
    expect((await tshark('-Y', 'msrp.method == "SEND"')).length).toBeGreaterThanOrEqual(4);
  });

  it('finds nothing malformed', async () => {
    expect(await tshark('-Y', '_ws.malformed || _ws.expert.severity == error')).toEqual([]);
  });
});
