import { deepEqual, equal, match, notEqual } from 'node:assert/strict';
import { ProtocolError } from '@simple-im/grammar';
import type { ByteConnection, Network, PeerCertificate, TlsConnectOptions, TlsListenOptions, TlsNetwork } from '@simple-im/transport';
import type { TestCertificates } from './certificates.js';
import { tcpCases } from './network-cases-tcp.js';
import { isError, octets, rejectsWith, text } from './network-under-test.js';
import { record } from './pair.js';

export interface TlsUnderTest {
  readonly tls: TlsNetwork;
  /** The TCP below it. */
  readonly network: Network;
  /** `127.0.0.1` or `::1`. */
  readonly host: string;
  readonly certificates: TestCertificates;
}

export interface TlsCase {
  readonly name: string;
  run(subject: TlsUnderTest): Promise<void>;
}

/** TLS as if it were TCP: whoever has the certificate of the tests is good enough. */
function asTcp({ tls, network, certificates }: TlsUnderTest): Network {
  const { server, root } = certificates;
  return {
    bindUdp: (local, handlers) => network.bindUdp(local, handlers),
    listenTcp: (local, accept) => tls.listenTls(local, { identity: server }, accept),
    connectTcp: (remote, options) => tls.connectTls(remote, { ...options, trusted: root }),
  };
}

interface Ends {
  readonly client: ByteConnection;
  readonly server: ByteConnection;
}

/** Listens, runs, and stops listening; `connect` gives both ends. */
async function withServer(
  { tls, host, certificates }: TlsUnderTest,
  listen: Partial<TlsListenOptions>,
  run: (connect: (options: TlsConnectOptions) => Promise<Ends>, port: string) => Promise<void>,
): Promise<void> {
  const waiting: ((connection: ByteConnection) => void)[] = [];
  const accepted: ByteConnection[] = [];
  const accept = (connection: ByteConnection): void => {
    const waiter = waiting.shift();
    if (waiter === undefined) accepted.push(connection);
    else waiter(connection);
  };
  const listener = await tls.listenTls({ host, port: 0 }, { identity: certificates.server, ...listen }, accept);
  const open: ByteConnection[] = [];
  try {
    await run(async (options) => {
      const client = await tls.connectTls(listener.local, { trusted: certificates.root, ...options });
      open.push(client);
      const server = accepted.shift() ?? await new Promise<ByteConnection>((resolve) => { waiting.push(resolve); });
      open.push(server);
      return { client, server };
    }, String(listener.local.port));
  } finally {
    for (const connection of [...open, ...accepted]) connection.destroy();
    await listener.close();
  }
}

const identityCases: readonly TlsCase[] = [
  {
    name: 'TLS: both ends are secure, and the client sees the certificate with its names and types (RFC 5922 §7.1)',
    run: (subject) => withServer(subject, {}, async (connect) => {
      const { client, server } = await connect({});
      deepEqual([client.secure, server.secure, server.peerCertificate], [true, true, undefined]);
      const certificate = client.peerCertificate as PeerCertificate;
      deepEqual([certificate.authorized, certificate.commonName], [true, 'example.com']);
      deepEqual(certificate.subjectAltNames.slice(0, 2), ['DNS:example.com', 'URI:sip:example.com']);
      match(certificate.fingerprint, /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
    }),
  },
  {
    name: 'TLS: the name asked for must be in the certificate: TRANSPORT_CERTIFICATE (RFC 9525 §6)',
    run: (subject) => withServer(subject, {}, async (connect, port) => {
      await connect({ serverName: 'example.com' });
      await rejectsWith(connect({ serverName: 'example.net' }), 'TRANSPORT_CERTIFICATE', port);
    }),
  },
  {
    name: 'TLS: verify is asked instead of the name, with the certificate, and refuses with false (RFC 5922 §7)',
    run: (subject) => withServer(subject, {}, async (connect, port) => {
      const seen: PeerCertificate[] = [];
      const verify = (answer: boolean) => (certificate: PeerCertificate): boolean => {
        seen.push(certificate);
        return answer;
      };
      const { client } = await connect({ serverName: 'example.net', verify: verify(true) });
      await rejectsWith(connect({ verify: verify(false) }), 'TRANSPORT_CERTIFICATE', port);
      deepEqual([seen.length, seen[0]?.fingerprint], [2, client.peerCertificate?.fingerprint]);
      const defect = new Error('a defect in verify');
      equal(await connect({ verify: () => { throw defect; } }).then(() => undefined, (error: unknown) => error), defect);
    }),
  },
  {
    name: 'TLS: a certificate without subjectAltName shows its CN',
    run: (subject) => withServer(subject, { identity: subject.certificates.noNames }, async (connect) => {
      const { client } = await connect({ verify: () => true });
      deepEqual([client.peerCertificate?.subjectAltNames, client.peerCertificate?.commonName], [[], 'old.example.com']);
    }),
  },
  {
    name: 'TLS: a chain to no trusted root is TRANSPORT_CERTIFICATE, and verify is not asked',
    run: (subject) => withServer(subject, { identity: subject.certificates.other }, async (connect, port) => {
      let asked = 0;
      const verify = (): boolean => {
        asked++;
        return true;
      };
      await rejectsWith(connect({ verify }), 'TRANSPORT_CERTIFICATE', port);
      equal(asked, 0);
      await connect({ verify, trusted: subject.certificates.otherRoot });
      equal(asked, 1);
    }),
  },
  {
    name: 'TLS: with anyRoot verify sees what no root vouches for (RFC 4975 §14.4)',
    run: (subject) => withServer(subject, { identity: subject.certificates.other }, async (connect, port) => {
      const { client } = await connect({ anyRoot: true, verify: ({ authorized }) => !authorized });
      equal(client.peerCertificate?.authorized, false);
      await rejectsWith(connect({ anyRoot: true, verify: () => false }), 'TRANSPORT_CERTIFICATE', port);
    }),
  },
  {
    name: 'TLS: a certificate out of force is TRANSPORT_CERTIFICATE',
    run: (subject) => withServer(subject, { identity: subject.certificates.expired }, async (connect, port) => {
      await rejectsWith(connect({}), 'TRANSPORT_CERTIFICATE', port);
    }),
  },
  {
    name: 'TLS: a client asked for its certificate shows it',
    run: (subject) => withServer(subject, { trusted: subject.certificates.root }, async (connect) => {
      const { server } = await connect({ identity: subject.certificates.client });
      const certificate = server.peerCertificate as PeerCertificate;
      deepEqual([certificate.authorized, certificate.subjectAltNames], [true, ['DNS:client.example.org', 'URI:sip:client.example.org']]);
    }),
  },
  {
    name: 'TLS: a client that has no certificate is let in without one, and one that is not asked shows none',
    run: async (subject) => {
      await withServer(subject, { trusted: subject.certificates.root }, async (connect) => {
        equal((await connect({})).server.peerCertificate, undefined);
      });
      await withServer(subject, {}, async (connect) => {
        equal((await connect({ identity: subject.certificates.client })).server.peerCertificate, undefined);
      });
    },
  },
  {
    name: 'TLS: a client whose certificate leads to no trusted root is not accepted',
    run: async ({ tls, host, certificates }) => {
      let accepted = 0;
      const listener = await tls.listenTls({ host, port: 0 }, { identity: certificates.server, trusted: certificates.root }, () => { accepted++; });
      const client = await tls.connectTls(listener.local, { trusted: certificates.root, identity: certificates.other });
      await record(client).closed;
      equal(accepted, 0);
      await listener.close();
    },
  },
  {
    name: 'TLS: an identity that is none, or with the key of another, is TRANSPORT_BAD_IDENTITY',
    run: async ({ tls, host, certificates }) => {
      const { server, client } = certificates;
      for (const identity of [{ certificate: 'x', key: 'y' }, { certificate: server.certificate, key: client.key }]) {
        await rejectsWith(tls.listenTls({ host, port: 0 }, { identity }, () => {}), 'TRANSPORT_BAD_IDENTITY', '');
        await rejectsWith(tls.connectTls({ host, port: 9 }, { identity }), 'TRANSPORT_BAD_IDENTITY', '');
      }
    },
  },
];

const handshakeCases: readonly TlsCase[] = [
  {
    name: 'TLS: a server that speaks no TLS is TRANSPORT_TLS',
    run: async ({ tls, network, host, certificates }) => {
      const answers = [(connection: ByteConnection) => { connection.write(octets('SIP/2.0 400 Bad Request\r\n\r\n')); }, (connection: ByteConnection) => connection.end()];
      for (const answer of answers) {
        const listener = await network.listenTcp({ host, port: 0 }, (connection) => {
          connection.attach({ data: () => {}, closed: () => {} });
          answer(connection);
        });
        await rejectsWith(tls.connectTls(listener.local, { trusted: certificates.root }), 'TRANSPORT_TLS', String(listener.local.port));
        await listener.close();
      }
    },
  },
  {
    name: 'TLS: a client that speaks no TLS is not accepted, and the listener goes on',
    run: async ({ tls, network, host, certificates }) => {
      const accepted: ByteConnection[] = [];
      let next: () => void;
      const first = new Promise<void>((resolve) => { next = resolve; });
      const listener = await tls.listenTls({ host, port: 0 }, { identity: certificates.server }, (connection) => {
        accepted.push(connection);
        next();
      });
      const plain = await network.connectTcp(listener.local);
      const recorder = record(plain);
      plain.write(octets('OPTIONS sip:example.com SIP/2.0\r\n\r\n'));
      await recorder.closed;
      const client = await tls.connectTls(listener.local, { trusted: certificates.root });
      await first;
      deepEqual(accepted[0]?.remote, client.local);
      client.destroy();
      accepted[0]?.destroy();
      await listener.close();
    },
  },
  {
    name: 'TLS: an attempt aborted during the handshake is TRANSPORT_ABORTED, and the connection below is closed',
    run: async ({ tls, network, host, certificates }) => {
      const abort = new AbortController();
      const silent = new Promise<ByteConnection>((resolve) => {
        network.listenTcp({ host, port: 0 }, resolve).then(async (listener) => {
          const attempt = tls.connectTls(listener.local, { trusted: certificates.root, signal: abort.signal });
          outcome = attempt.then(() => undefined, (error: unknown) => error).finally(() => listener.close());
        }, () => {});
      });
      let outcome: Promise<unknown> = Promise.resolve();
      const server = record(await silent);
      await server.has(1);
      abort.abort(new Error('enough'));
      isError(await outcome, 'TRANSPORT_ABORTED', host);
      await server.closed;
    },
  },
  {
    name: 'TLS: what is sent right behind the handshake is not lost before attach',
    run: (subject) => withServer(subject, {}, async (connect) => {
      const { client, server } = await connect({});
      server.write(octets('early'));
      client.write(octets('bird'));
      const [ours, theirs] = [record(client), record(server)];
      await Promise.all([ours.has(5), theirs.has(4)]);
      deepEqual([text(ours.received), text(theirs.received)], ['early', 'bird']);
    }),
  },
  {
    name: 'TLS: every error is a ProtocolError, also where nobody listens',
    run: async ({ tls, network, host }) => {
      const listener = await network.listenTcp({ host, port: 0 }, () => {});
      await listener.close();
      const error = await tls.connectTls(listener.local).then(() => undefined, (caught: unknown) => caught);
      equal(ProtocolError.is(error) && error.code, 'TRANSPORT_REFUSED');
      notEqual(error, undefined);
    },
  },
];

/** What every TlsNetwork owes its callers: that of TCP, and that of certificates. */
export const tlsCases: readonly TlsCase[] = [
  ...tcpCases.map(({ name, run }) => ({
    name: name.replace('TCP:', 'TLS, as TCP:'),
    run: (subject: TlsUnderTest) => run({ network: asTcp(subject), host: subject.host }),
  })),
  ...identityCases,
  ...handshakeCases,
];
