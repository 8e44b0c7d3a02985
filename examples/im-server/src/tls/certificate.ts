/*
 * The certificate of the options: read, checked, and what is to be said of it.
 */
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { TlsIdentity } from '@simple-im/transport';
import { ConfigError, oneLine } from '../config-error.js';
import type { Config } from '../config.js';
import type { Log } from '../observe/ports.js';

/** Ours, as long as it is in use. */
export interface Certificate {
  /** PEM: the chain as it is shown, and the key of its first certificate. */
  readonly identity: TlsIdentity;
  /** SHA-256 of the first certificate: pairs of upper-case hex digits and colons, as in `a=fingerprint` (RFC 8122 §5). */
  readonly fingerprint: string;
  readonly validFrom: Date;
  readonly validTo: Date;
}

const DAY = 86_400_000;
/** Days before the end that a warning comes. */
const SOON = 14;

/** Reads both files. Throws ConfigError with one line that says what to do. */
export function readCertificate({ certificate, key }: NonNullable<Config['tls']>): Certificate {
  const chain = read('--tls-cert', certificate);
  const own = certificateIn(chain, `--tls-cert ${certificate}`);
  const secret = keyIn(read('--tls-key', key), `--tls-key ${key}`);
  if (!own.checkPrivateKey(secret)) {
    throw new ConfigError(`--tls-key ${key}: is not the key of the first certificate in ${certificate}; the server's own must come first`);
  }
  return {
    identity: { certificate: chain, key: secret.export({ type: 'pkcs8', format: 'pem' }) as string },
    fingerprint: own.fingerprint256,
    validFrom: new Date(own.validFrom),
    validTo: new Date(own.validTo),
  };
}

/** A certificate that is not in force is shown all the same: clients that pin it by its fingerprint do not mind. */
export function warnOfValidity({ validFrom, validTo }: Certificate, now: Date, log: Log): void {
  const days = Math.floor((validTo.getTime() - now.getTime()) / DAY);
  if (now > validTo) log.warn({ validTo }, 'the certificate of --tls-cert has expired and clients will refuse it: renew it and send SIGHUP');
  else if (now < validFrom) log.warn({ validFrom }, 'the certificate of --tls-cert is not in force yet and clients will refuse it');
  else if (days < SOON) log.warn({ validTo, days }, 'the certificate of --tls-cert expires soon: renew it and send SIGHUP');
}

function read(option: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError(`${option} ${path}: ${oneLine((error as Error).message)}`, { cause: error });
  }
}

function certificateIn(pem: string, where: string): X509Certificate {
  try {
    for (const [one] of pem.matchAll(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g)) new X509Certificate(one);
    return new X509Certificate(pem);
  } catch (error) {
    throw new ConfigError(`${where}: no certificate can be read; expected PEM, -----BEGIN CERTIFICATE----- ...`, { cause: error });
  }
}

/** The cause stays out: it may tell of the key. */
function keyIn(pem: string, where: string): KeyObject {
  if (/ENCRYPTED/.test(pem)) throw new ConfigError(`${where}: is encrypted; give the key without a passphrase (openssl pkey -in FILE -out PLAIN)`);
  try {
    return createPrivateKey(pem);
  } catch {
    throw new ConfigError(`${where}: no private key can be read; expected PEM, -----BEGIN PRIVATE KEY----- ...`);
  }
}
