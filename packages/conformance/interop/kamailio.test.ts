/* Kamailio, a registrar and proxy that is not ours, against the suite: what it does otherwise is pinned, so the cases are tested too. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { main, reach, targetOf } from '@simple-im/conformance';
import { Daemon, hasProgram, unusedPort } from './peers.js';

const ours = (name: string): string => fileURLToPath(new URL(`./kamailio/${name}`, import.meta.url));
const PASSES = 'IM-1/rfc3261/10.3/register';
const mostTries = 5;

interface Running {
  readonly daemon: Daemon;
  readonly port: number;
}

const addressesOf = (port: number): string[] => [`udp:127.0.0.1:${port}`, `tcp:127.0.0.1:${port}`];

/** Starts Kamailio; another program may take the port first, so it is tried on others. */
async function startKamailio(folder: string): Promise<Running> {
  let output = '';
  for (let tries = 0; tries < mostTries; tries++) {
    const port = await unusedPort();
    const listen = addressesOf(port).flatMap((address) => ['-l', address]);
    const define = ['-A', 'DOMAIN="example.com"', '-A', `DBURL="text://${ours('db')}"`];
    const memory = ['-m', '32', '-M', '8'];
    const daemon = new Daemon('kamailio', ['-DD', '-E', ...memory, '-Y', folder, '-f', ours('kamailio.cfg'), ...define, ...listen]);
    if (await Promise.race([daemon.ended.then(() => false), answers(port)])) return { daemon, port };
    await daemon.stop();
    ({ output } = daemon);
  }
  throw new Error(`kamailio does not start: ${output}`);
}

/** Asks until it answers over UDP and TCP. */
function answers(port: number): Promise<boolean> {
  const target = targetOf({ domain: 'example.com', sip: addressesOf(port) });
  return vi.waitFor(() => reach(target, 500).then(() => true), { timeout: 15_000, interval: 50 }).catch(() => false);
}

describe.skipIf(!hasProgram('kamailio') || !hasProgram('setpriv'))('Kamailio as registrar and proxy', () => {
  let folder: string;
  let kamailio: Running;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'simple-im-kamailio-'));
    kamailio = await startKamailio(folder);
  });
  afterAll(async () => {
    await kamailio?.daemon.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  interface Report {
    readonly summary: { readonly ok: number; readonly failed: number; readonly tolerated: number; readonly skipped: number };
    readonly results: readonly { readonly id: string; readonly verdict: string; readonly outcome: string; readonly reason?: string }[];
  }

  interface Ran {
    readonly code: number;
    readonly err: string;
    readonly report: Report;
  }

  /** Runs the program as one would by hand, on Kamailio's port of this run. */
  async function suite(transports: readonly string[], knownFailing: string, ...argv: string[]): Promise<Ran> {
    const sip = transports.flatMap((transport) => ['--sip', `${transport}:127.0.0.1:${kamailio.port}`]);
    const file = join(folder, 'report.json');
    let err = '';
    const options = ['--target', ours('target.json'), ...sip, '--known-failing', knownFailing, '--timeout', '2s'];
    const code = await main([...options, '--report', `json:${file}`, ...argv], {
      out: () => undefined, err: (text) => { err += text; }, env: { XDG_CACHE_HOME: folder }, version: '0.0.0',
    });
    return { code, err, report: JSON.parse(readFileSync(file, 'utf8')) as Report };
  }

  // Kamailio carries no MSRP: in the cases of IM-7 only our own peers would meet.
  it.each([[['udp', 'tcp']], [['tcp', 'udp']]])('conforms but for what is listed, %j', async (transports) => {
    const { code, err, report } = await suite(transports, ours('known-failing'), '--strict');
    const { results, summary } = report;
    expect(results.filter(({ outcome }) => outcome === 'failed').map(({ id, reason }) => [id, reason])).toEqual([]);
    expect([code, err]).toEqual([0, '']);
    expect(results.filter(({ verdict }) => verdict === 'inconclusive')).toEqual([]);
    expect(summary.ok).toBeGreaterThanOrEqual(100);
    const lines = readFileSync(ours('known-failing'), 'utf8').split('\n');
    const listed = lines.filter((line) => /^[^#\s]/.test(line)).map((line) => line.split(' ')[0]);
    const tolerated = results.filter(({ outcome }) => outcome === 'tolerated').map(({ id }) => id);
    expect(tolerated.sort()).toEqual(listed.sort());
    const reasons = results.filter(({ verdict }) => verdict === 'skip').map(({ id, reason }) => `${id}: ${reason}`);
    expect(reasons.filter((text) => !/: the target has no [a-z-]+ \(|: takes up to \d+ s: --slow runs it$/.test(text))).toEqual([]);
  });

  it.each([
    ['passes', PASSES, 'take it off the list'],
    ['does not exist', 'IM-1/rfc3261/10.3/no-such-case', 'there is no such case'],
  ])('fails when the list names a case that %s', async (_, id, says) => {
    const stale = join(folder, 'stale');
    writeFileSync(stale, `${readFileSync(ours('known-failing'), 'utf8')}${id} # no longer\n`);
    const { code, err, report } = await suite(['udp'], stale, '--run', PASSES);
    expect(code).toBe(1);
    expect(`${err}${report.results.map(({ reason }) => reason).join()}`).toContain(says);
  });
});
