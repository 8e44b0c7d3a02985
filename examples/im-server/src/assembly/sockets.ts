/*
 * Sockets as the options name them: bound, written, and what is to be said of them.
 */
import { ProtocolError } from '@simple-im/grammar';
import type { SipEndpoint } from '@simple-im/sip';
import { formatAddress, type Address, type TlsIdentity } from '@simple-im/transport';
import { ConfigError } from '../config-error.js';
import type { Config } from '../config.js';
import type { Media } from '../media/media.js';
import type { Log, Metrics } from '../observe/ports.js';
import { isUnspecified, type MsrpListen, type SipListen } from '../option-values.js';
import type { TlsSockets } from '../tls/sockets.js';

export async function listenSip(endpoint: SipEndpoint, config: Config, tls: TlsSockets): Promise<SipListen[]> {
  const listening: SipListen[] = [];
  const options = config.advertise === undefined ? {} : { advertise: config.advertise };
  for (const listen of config.sip) {
    const option = `--sip ${listenText(listen)}`;
    const bind = (): Promise<Address> => {
      switch (listen.transport) {
        case 'UDP': return endpoint.listenUdp(listen.address, options);
        case 'TCP': return endpoint.listenTcp(listen.address, options);
        case 'TLS': return endpoint.listenTls(listen.address, { ...options, identity: identityFor(option, tls) });
      }
    };
    listening.push({ transport: listen.transport, address: await orConfigError(option, bind()) });
  }
  return listening;
}

export async function listenMsrp(media: Media, config: Config, tls: TlsSockets): Promise<MsrpListen[]> {
  const listening: MsrpListen[] = [];
  for (const listen of config.msrp) {
    const { transport, address } = listen;
    const option = `--msrp ${listenText(listen)}`;
    const bind = transport === 'TLS'
      ? media.listenTls(address, identityFor(option, tls), config.advertise)
      : media.listen(address, config.advertise);
    listening.push({ transport, address: await orConfigError(option, bind) });
  }
  return listening;
}

function identityFor(option: string, tls: TlsSockets): TlsIdentity {
  if (tls.certificate === undefined) throw new ConfigError(`${option}: needs a certificate; give --tls-cert FILE and --tls-key FILE`);
  return tls.certificate.identity;
}

/** As the options are written. */
export function listenText({ transport, address }: SipListen | MsrpListen): string {
  return `${transport.toLowerCase()}:${formatAddress(address)}`;
}

/** What needs an address that can be bound or found, or why it cannot: one line that names the option and says what to do. */
export async function orConfigError<T>(option: string, needed: Promise<T>): Promise<T> {
  try {
    return await needed;
  } catch (error) {
    if (!ProtocolError.is(error)) throw error;
    throw new ConfigError(`${option}: ${error.message}`, { cause: error });
  }
}

/** Nobody can send to such an address, though it is a good one to listen on. */
export function warnOfUnspecified(config: Config, log: Log): void {
  if (config.advertise !== undefined) return;
  const media = config.roles.includes('im') ? config.msrp : [];
  const hosts = [...config.sip.map((listen) => listen.address.host), ...media.map((listen) => listen.address.host)];
  const host = hosts.find(isUnspecified);
  if (host !== undefined) log.warn({ host }, 'peers are told this address, which leads nowhere: give --advertise HOST');
}

export function onSipError(error: Error, remote: Address | undefined, log: Log, metrics: Metrics): void {
  if (ProtocolError.is(error)) {
    metrics.count('sip_invalid_messages_total');
    log.debug({ code: error.code, remote }, error.message);
  } else {
    log.error({ err: error, remote }, 'the SIP endpoint failed');
  }
}
