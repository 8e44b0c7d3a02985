/* OpenSSL's client against every TLS listener: whether the chain leads to the root, and SIP over it. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demoConfig, startServer, type RunningServer } from '../src/index.js';
import { finished, hasProgram } from './programs.js';

const folder = fileURLToPath(new URL('../../../packages/testkit/certificates/', import.meta.url));
const OPTIONS = [
  'OPTIONS sip:example.com SIP/2.0', 'Via: SIP/2.0/TLS client.invalid;branch=z9hG4bKopenssl', 'Max-Forwards: 70',
  'From: <sip:probe@client.invalid>;tag=1', 'To: <sip:example.com>', 'Call-ID: openssl', 'CSeq: 1 OPTIONS', 'Content-Length: 0', '', '',
].join('\r\n');

describe.skipIf(!hasProgram('openssl'))('openssl s_client', () => {
  let server: RunningServer;

  beforeAll(async () => {
    server = await startServer(demoConfig(
      '--sip', 'tls:127.0.0.1:0', '--msrp', 'tls:127.0.0.1:0', '--https', '127.0.0.1:0', '--tls-cert', `${folder}server.pem`, '--tls-key', `${folder}server.key`,
    ));
  });

  afterAll(() => server.close());

  /** What it printed after it had sent `text`, and heard `until`. */
  async function talk(address: string | undefined, text: string, until: string, ...more: string[]): Promise<string> {
    const where = `127.0.0.1:${address?.split(':').at(-1) ?? ''}`;
    const verifying = ['-CAfile', `${folder}root.pem`, '-verify_return_error', '-verify_hostname', 'example.com', '-servername', 'example.com'];
    const child = spawn('openssl', ['s_client', '-connect', where, ...verifying, ...more], { stdio: ['pipe', 'pipe', 'pipe'] });
    let heard = '';
    child.stdout.on('data', (bytes: Buffer) => {
      heard += bytes.toString();
      if (heard.includes(until)) child.kill();
    });
    child.stdin.write(text);
    return (await finished(child, 20)).output;
  }

  it.each(['-tls1_2', '-tls1_3'])('verifies the chain and gets its OPTIONS answered over %s (RFC 3261 §26.2.1)', async (version) => {
    const output = await talk(server.ready.sip[0], OPTIONS, 'SIP/2.0 200', version);
    expect(output).toContain('Verified peername: example.com');
    expect(output).toContain('SIP/2.0 200 OK');
  });

  it.each([['MSRP', 'msrp'], ['HTTPS', 'https']] as const)('verifies the chain of %s', async (_name, which) => {
    const address = which === 'https' ? server.ready.https : server.ready.msrp.find((text) => text.startsWith('tls:'));
    expect(await talk(address, '', 'Verify return code')).toContain('Verified peername: example.com');
  });

  it('gets no TLS 1.1 (RFC 8996)', async () => {
    expect(await talk(server.ready.sip[0], '', 'Verify return code', '-tls1_1', '-cipher', 'ALL:@SECLEVEL=0')).toContain('no peer certificate available');
  });
});
