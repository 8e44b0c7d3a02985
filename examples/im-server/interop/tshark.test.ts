/* A whole demo run on the loopback interface as tshark sees it: no malformed SIP, SDP or MSRP. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { bob, converse, player, startStage, tom } from '../src/demo/conversation.js';
import { pcap, packet } from './pcap.js';
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

/** tshark calls little malformed by itself, so a message it warns about, or reads no value from, counts too. */
const MALFORMED = [
  '_ws.malformed',
  // What TCP itself does on a busy machine is not what is asked here.
  '((sip || sdp || msrp) && _ws.expert.severity >= "Warning" && !tcp.analysis.flags)',
  '(sip && !(sip.CSeq.seq > 0 && sip.CSeq.method && sip.from.host && sip.to.host && sip.Call-ID && sip.Via.sent-by.address))',
  '(sdp && !(sdp.owner && sdp.connection_info && sdp.media.proto))',
  '(msrp && !(msrp.transaction.id && msrp.to.path && msrp.from.path))',
].join(' || ');

const SOUND = {
  'request line': 'MESSAGE sip:b@example.com SIP/2.0', via: 'Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1', from: 'From: <sip:a@example.com>;tag=1',
  to: 'To: <sip:b@example.com>', call: 'Call-ID: 1', cseq: 'CSeq: 1 MESSAGE', length: 'Content-Length: 0',
};
const sip = (broken: Partial<typeof SOUND> = {}, body = ''): string => `${Object.values({ ...SOUND, ...broken }).join('\r\n')}\r\n\r\n${body}`;
const msrp = (toPath: string): string => `MSRP a786hjs2 SEND\r\n${toPath}\r\nFrom-Path: msrp://127.0.0.1:2856/s1;tcp\r\nMessage-ID: 87652491\r\nByte-Range: 1-2/2\r\nContent-Type: text/plain\r\n\r\nhi\r\n-------a786hjs2$\r\n`;

describe.skipIf(!hasProgram('tshark'))('the filter for what is malformed', () => {
  it.each([
    ['passes a sound SIP message', 'udp', sip(), 0],
    ['sees a CSeq without a number', 'udp', sip({ cseq: 'CSeq: one MESSAGE' }), 1],
    ['sees a From without its end', 'udp', sip({ from: 'From: <sip:a@example.com;tag=1' }), 1],
    ['sees a header without a colon', 'udp', sip({ from: 'From <sip:a@example.com>' }), 1],
    ['sees SDP without its lines', 'udp', sip({ length: 'Content-Type: application/sdp\r\nContent-Length: 16' }, 'v=0\r\nm=message\r\n'), 1],
    ['passes a sound MSRP frame', 'tcp', msrp('To-Path: msrp://127.0.0.1:2855/t1;tcp'), 0],
    ['sees MSRP without To-Path', 'tcp', msrp('X-Path: none'), 1],
  ] as const)('%s', async (_name, transport, text, found) => {
    const folder = mkdtempSync(join(tmpdir(), 'simple-im-tshark-'));
    writeFileSync(join(folder, 'one.pcap'), pcap([packet(transport, 5060, text)]));
    const { code, output } = await run('tshark', ['-r', join(folder, 'one.pcap'), '-d', 'udp.port==5060,sip', '-d', 'tcp.port==5060,msrp', '-Y', MALFORMED]);
    rmSync(folder, { recursive: true, force: true });
    expect(code, output).toBe(0);
    expect(output.split('\n').filter((line) => /SIP|MSRP/.test(line))).toHaveLength(found);
  });
});

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
    expect(await tshark('-Y', MALFORMED)).toEqual([]);
  });
});
