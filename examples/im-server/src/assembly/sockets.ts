/*
 * Sockets as the options name them: bound, written, and what is to be said of them.
 */
import { ProtocolError } from '@simple-im/grammar';
import type { SipEndpoint } from '@simple-im/sip';
import { formatAddress, type Address } from '@simple-im/transport';
import { ConfigError } from '../config-error.js';
import type { Config } from '../config.js';
import type { Log, Metrics } from '../observe/ports.js';
import type { SipListen } from '../option-values.js';

export async function listenSip(endpoint: SipEndpoint, config: Config): Promise<SipListen[]> {
  const listening: SipListen[] = [];
  const options = config.advertise === undefined ? {} : { advertise: config.advertise };
  for (const listen of config.sip) {
    const { transport, address } = listen;
    const socket = transport === 'UDP' ? endpoint.listenUdp(address, options) : endpoint.listenTcp(address, options);
    listening.push({ transport, address: await orConfigError(`--sip ${sipText(listen)}`, socket) });
  }
  return listening;
}

export function sipText({ transport, address }: SipListen): string {
  return `${transport.toLowerCase()}:${formatAddress(address)}`;
}

export function msrpText(address: Address): string {
  return `tcp:${formatAddress(address)}`;
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
  const hosts = [...config.sip.map((listen) => listen.address.host), ...media.map((address) => address.host)];
  const host = hosts.find((name) => name === '0.0.0.0' || name === '::');
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
