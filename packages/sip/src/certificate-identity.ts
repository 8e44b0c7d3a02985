import type { PeerCertificate } from '@simple-im/transport';

/** A sip URI of a domain: no userinfo, then what may follow the host. The scheme is case-insensitive. */
const DOMAIN_URI = /^sip:([^@;?:[\]]+|\[[0-9a-f:.]+\])(?::\d{1,5})?(?:[;?][^@]*)?$/i;

/** Labels of letters, digits and hyphens: a CN that is somebody's name is no domain. */
const DNS_NAME = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/i;

/**
 * The SIP domains a certificate speaks for (RFC 5922 §7.1), in lower case: the hosts of its sip URIs; without any, its DNS
 * names; without a subjectAltName at all, its CN. A URI with a user part names a person, one of another scheme another
 * service. Whether the certificate is to be believed is not asked here.
 */
export function sipIdentities(certificate: PeerCertificate): readonly string[] {
  const { subjectAltNames, commonName } = certificate;
  if (subjectAltNames.length === 0) return commonName !== undefined && DNS_NAME.test(commonName) ? [commonName.toLowerCase()] : [];
  const uris = subjectAltNames.flatMap((name) => {
    const host = name.startsWith('URI:') ? DOMAIN_URI.exec(name.slice(4))?.[1] : undefined;
    return host === undefined ? [] : [host.toLowerCase()];
  });
  if (uris.length > 0) return uris;
  return subjectAltNames.filter((name) => name.startsWith('DNS:')).map((name) => name.slice(4).toLowerCase());
}

/**
 * Whether a certificate that leads to a trusted root speaks for the domain that was to be reached: the one in the URI, not
 * what the DNS made of it (RFC 5922 §7.3). Names match as a whole; there are no wildcards (§7.2).
 */
export function certifies(certificate: PeerCertificate, domain: string): boolean {
  return certificate.authorized && sipIdentities(certificate).includes(domain.toLowerCase());
}
