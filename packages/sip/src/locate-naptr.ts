import type { NaptrRecord } from '@simple-im/transport';
import type { TransportName } from './flow.js';
import { domainName } from './locate-names.js';

/** A transport and the name whose SRV records say who serves it. */
export interface Service {
  readonly transport: TransportName;
  readonly name: string;
}

/** RFC 3263 §4.1; RFC 7118 §5.5 for WebSockets. SIPS+D2U is not in it, since there is no TLS over UDP. */
const TRANSPORTS: ReadonlyMap<string, TransportName> = new Map([
  ['SIP+D2U', 'UDP'], ['SIP+D2T', 'TCP'], ['SIPS+D2T', 'TLS'], ['SIP+D2W', 'WS'], ['SIPS+D2W', 'WSS'],
]);

/** §4.2: the service and protocol labels of SRV names. */
const LABELS: Readonly<Record<TransportName, string>> = {
  UDP: '_sip._udp', TCP: '_sip._tcp', TLS: '_sips._tcp', WS: '_sip._ws', WSS: '_sips._ws',
};

/** The SRV name of a domain for a transport, where no NAPTR record names another. */
export function serviceOf(domain: string, transport: TransportName): Service {
  return { transport, name: `${LABELS[transport]}.${domain}` };
}

/**
 * The services of a domain by its NAPTR records, most preferred first: those for `transports`, which are the ones we have
 * and the URI allows. Of these only the records of the lowest order count (RFC 3403 §4.1); among equals ours decides.
 */
export function servicesOf(records: readonly NaptrRecord[], transports: readonly TransportName[]): Service[] {
  const usable = records.flatMap((record) => {
    const transport = TRANSPORTS.get(record.service.toUpperCase());
    const name = domainName(record.replacement);
    const applies = record.flags.toLowerCase() === 's' && record.regexp === '' && name !== undefined;
    return applies && transport !== undefined && transports.includes(transport) ? [{ record, service: { transport, name } }] : [];
  });
  const lowest = usable.reduce((least, { record }) => Math.min(least, record.order), Infinity);
  return usable
    .filter(({ record }) => record.order === lowest)
    .toSorted((a, b) => a.record.preference - b.record.preference || rank(a.service) - rank(b.service))
    .map(({ service }) => service);

  function rank({ transport }: Service): number {
    return transports.indexOf(transport);
  }
}
