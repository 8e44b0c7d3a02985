import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { connect as connectTls } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { certificates } from '@simple-im/testkit';
import type { TlsIdentity } from '@simple-im/transport';
import { startServer, type Log, type RunningServer } from '../../src/index.js';
import { certificateOptions, configOf, serverWith, serverWithAll } from '../support.js';

interface Line { readonly level: string; readonly message: string }

function recorded(): { readonly log: Log; readonly lines: Line[] } {
  const lines: Line[] = [];
  const at = (level: string) => (_fields: unknown, message: string): void => void lines.push({ level, message });
  return { lines, log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') } };
}

/** The fingerprint of the certificate shown at an address of the ready line. */
function shownAt(address: string | undefined): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ port: Number(address?.split(':').at(-1)), host: '127.0.0.1', rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

function shown(server: RunningServer): Promise<string[]> {
  const tls = (text: string): boolean => text.startsWith('tls:');
  return Promise.all([server.ready.sip.find(tls), server.ready.msrp.find(tls), server.ready.https].map(shownAt));
}

async function refusal(identity: TlsIdentity, change: (certificate: string, key: string) => void = () => {}): Promise<string> {
  const files = certificateOptions(identity);
  change(files[1], files[3]);
  try {
    await (await startServer(configOf('--https', '127.0.0.1:0', ...files))).close();
  } catch (error) {
    return (error as Error).message.replaceAll(files[1], 'CERT').replaceAll(files[3], 'KEY');
  }
  return 'not refused';
}

describe('the ready line', () => {
  it('names every listener as it is bound, and URLs of WebSockets', async () => {
    const { ready } = await serverWithAll();
    expect(ready.sip).toEqual(['udp', 'tcp', 'tls'].map((transport) => expect.stringMatching(`^${transport}:127\\.0\\.0\\.1:[1-9]\\d*$`)));
    expect(ready.msrp).toEqual(['tcp', 'tls'].map((transport) => expect.stringMatching(`^${transport}:127\\.0\\.0\\.1:[1-9]\\d*$`)));
    expect(ready.https).toMatch(/^127\.0\.0\.1:[1-9]\d*$/);
    expect([ready.ws, ready.wss]).toEqual([
      [`ws://${ready.http}/sip`, `ws://${ready.http}/msrp`], [`wss://${ready.https}/sip`, `wss://${ready.https}/msrp`],
    ]);
  });

  it('has no ws: where --http is open to others, and the log says why', async () => {
    const { log, lines } = recorded();
    const { ready } = await serverWith(['--http', '0.0.0.0:0'], { log });
    expect([ready.ws, ready.wss]).toEqual([undefined, undefined]);
    expect(lines.filter(({ message }) => message.includes('--https'))).toHaveLength(1);
    const response = await fetch(`http://127.0.0.1:${ready.http.split(':').at(-1)}/sip`);
    expect([response.status, await response.text()]).toEqual([403, 'Without TLS this is for this machine only: use --https.\n']);
  });

  it('comes with a word in the log that ws: is not encrypted', async () => {
    const { log, lines } = recorded();
    const server = await serverWith([], { log });
    expect(lines.some(({ message }) => message.includes('not encrypted and for this machine only'))).toBe(true);
    expect((await fetch(`http://${server.ready.http}/msrp`)).status).toBe(426);
  });
});

describe('--tls-cert and --tls-key', () => {
  it.each<[string, TlsIdentity, ((certificate: string, key: string) => void) | undefined, RegExp]>([
    ['a file that is not there', certificates.server, (certificate) => writeFileSync(certificate, ''), /^--tls-cert CERT: no certificate can be read; expected PEM/],
    ['a key of another certificate', { ...certificates.server, key: certificates.other.key }, undefined, /^--tls-key KEY: is not the key of the first certificate in CERT; the server's own must come first$/],
    ['a chain in the wrong order', { ...certificates.server, certificate: certificates.root + certificates.server.certificate }, undefined, /^--tls-key KEY: is not the key of the first certificate/],
    ['a key that is none', certificates.server, (_, key) => writeFileSync(key, 'nothing'), /^--tls-key KEY: no private key can be read; expected PEM/],
    ['an encrypted key', certificates.server, (_, key) => writeFileSync(key, '-----BEGIN ENCRYPTED PRIVATE KEY-----\n'), /^--tls-key KEY: is encrypted; give the key without a passphrase/],
  ])('refuses %s in one line', async (_name, identity, change, expected) => {
    expect(await refusal(identity, change)).toMatch(expected);
  });

  it('names a file that cannot be read', async () => {
    const config = configOf('--https', '127.0.0.1:0', '--tls-cert', '/nowhere/chain.pem', '--tls-key', '/nowhere/key.pem');
    await expect(startServer(config)).rejects.toThrow(/^--tls-cert \/nowhere\/chain\.pem: ENOENT: [^\n]+$/);
  });

  it('shows a chain, and warns of a certificate that has expired', async () => {
    const { log, lines } = recorded();
    const server = await serverWithAll([...certificateOptions(certificates.expired)], { log });
    expect(lines.filter(({ level }) => level === 'warn')).toEqual([{ level: 'warn', message: expect.stringContaining('has expired') as string }]);
    expect(new Set(await shown(server)).size).toBe(1);
  });
});

describe('reload, on SIGHUP', () => {
  it('shows the renewed certificate on every listener; one that cannot be used changes nothing', async () => {
    const { log, lines } = recorded();
    const files = certificateOptions();
    const server = await serverWithAll([...files], { log });
    const before = await shown(server);
    writeFileSync(files[1], certificates.renewed.certificate);
    server.reload();
    expect(lines.at(-1)).toEqual({ level: 'error', message: expect.stringContaining('the one in use stays') as string });
    expect(await shown(server)).toEqual(before);
    writeFileSync(files[3], certificates.renewed.key);
    appendFileSync(files[1], certificates.root);
    server.reload();
    const after = await shown(server);
    expect(new Set([...before, ...after]).size).toBe(2);
    expect(readFileSync(files[1], 'utf8')).toContain(certificates.root);
  });
});
