/*
 * The TLS of a running server: one certificate for every listener, which can be renewed while they listen.
 */
import { nodeClock, NodeTls, type NodeTlsListener } from '@simple-im/transport/node';
import type { Address, ByteConnection, Listener, TlsConnectOptions, TlsListenOptions, TlsNetwork } from '@simple-im/transport';
import type { Config } from '../config.js';
import type { Log, Metrics } from '../observe/ports.js';
import { readCertificate, warnOfValidity, type Certificate } from './certificate.js';

/** Somebody who shows the certificate: an HTTP server. */
export type Renewed = (certificate: Certificate) => void;

export class TlsSockets implements TlsNetwork {
  readonly #files: Config['tls'];
  readonly #log: Log;
  readonly #tls: NodeTls;
  readonly #listeners = new Set<NodeTlsListener>();
  readonly #others: Renewed[] = [];
  #certificate: Certificate | undefined;

  /** Reads the files, if there are any. Throws ConfigError. */
  constructor(files: Config['tls'], log: Log, metrics: Metrics) {
    this.#files = files;
    this.#log = log;
    this.#tls = new NodeTls({
      handshakeFailed: (error, local) => {
        metrics.count('tls_handshakes_failed_total');
        log.debug({ err: error, local }, 'a TLS handshake failed');
      },
    });
    if (files === undefined) return;
    this.#certificate = readCertificate(files);
    warnOfValidity(this.#certificate, nodeClock.date(), log);
  }

  /** Undefined without --tls-cert. */
  get certificate(): Certificate | undefined {
    return this.#certificate;
  }

  /** Calls `renewed` with each certificate that takes the place of the one before. */
  onRenewal(renewed: Renewed): void {
    this.#others.push(renewed);
  }

  /** Reads the files again, for new connections. What cannot be used is logged, and the certificate in use stays. */
  reload(): void {
    if (this.#files === undefined) return this.#log.info({}, 'there is no certificate to be read again');
    try {
      const certificate = readCertificate(this.#files);
      for (const listener of this.#listeners) listener.setIdentity(certificate.identity);
      for (const renewed of this.#others) renewed(certificate);
      this.#certificate = certificate;
      this.#log.info({ validTo: certificate.validTo, fingerprint: certificate.fingerprint }, 'the certificate was read again');
      warnOfValidity(certificate, nodeClock.date(), this.#log);
    } catch (error) {
      this.#log.error({ err: error }, 'the certificate could not be read again; the one in use stays');
    }
  }

  async listenTls(local: Address, options: TlsListenOptions, accept: (connection: ByteConnection) => void): Promise<Listener> {
    const listener = await this.#tls.listenTls(local, options, accept);
    this.#listeners.add(listener);
    return {
      local: listener.local,
      close: () => {
        this.#listeners.delete(listener);
        return listener.close();
      },
    };
  }

  connectTls(remote: Address, options?: TlsConnectOptions): Promise<ByteConnection> {
    return this.#tls.connectTls(remote, options);
  }
}
