import type { PeerCertificate } from '@simple-im/transport';
import { describe, expect, it } from 'vitest';
import { certifies, sipIdentities } from '../src/index.js';

function certificate(subjectAltNames: readonly string[], commonName?: string, authorized = true): PeerCertificate {
  return { authorized, subjectAltNames, commonName, fingerprint: '' };
}

describe('SIP identities in a certificate (RFC 5922 §7.1)', () => {
  it.each<[string, readonly string[], string | undefined, readonly string[]]>([
    ['the host of a sip URI', ['URI:sip:example.com'], undefined, ['example.com']],
    ['the scheme in any case', ['URI:SIP:Example.COM'], undefined, ['example.com']],
    ['not the port or parameters of the URI', ['URI:sip:example.com:5061;transport=tls'], undefined, ['example.com']],
    ['several sip URIs', ['URI:sip:a.example', 'URI:sip:b.example'], undefined, ['a.example', 'b.example']],
    ['no URI with a user part', ['URI:sip:alice@example.com'], undefined, []],
    ['no user part hidden behind parameters', ['URI:sip:example.com;x=a@evil.example'], undefined, []],
    ['no sips URI', ['URI:sips:example.com'], undefined, []],
    ['no URI of another scheme', ['URI:https://example.com', 'URI:im:example.com'], undefined, []],
    ['DNS names where there is no sip URI', ['DNS:example.com', 'DNS:sip.example.com'], undefined, ['example.com', 'sip.example.com']],
    ['DNS names beside a URI that is no SIP domain', ['URI:https://example.org', 'DNS:example.com'], undefined, ['example.com']],
    ['no DNS name where there is a sip URI', ['DNS:www.example.com', 'URI:sip:example.com'], undefined, ['example.com']],
    ['no address', ['IP Address:192.0.2.1', 'IP:192.0.2.1', 'email:root@example.com'], undefined, []],
    ['the CN where there is no subjectAltName', [], 'Example.com', ['example.com']],
    ['no CN where there is a subjectAltName', ['email:root@example.com'], 'example.com', []],
    ['no CN that is no DNS name', [], 'Example Corporation', []],
    ['nothing in an empty certificate', [], undefined, []],
  ])('takes %s', (_, names, commonName, identities) => {
    expect(sipIdentities(certificate(names, commonName))).toEqual(identities);
  });
});

describe('comparing SIP identities (RFC 5922 §7.2)', () => {
  it.each<[string, string, string, boolean]>([
    ['the same name', 'DNS:example.com', 'example.com', true],
    ['the same name in another case', 'DNS:EXAMPLE.com', 'example.COM', true],
    ['no suffix', 'DNS:example.com', 'foo.example.com', false],
    ['no wildcard', 'DNS:*.example.com', 'foo.example.com', false],
    ['a wildcard only as itself', 'DNS:*.example.com', '*.example.com', true],
    ['no leading dot', 'DNS:.example.com', 'foo.example.com', false],
    ['no longer name', 'DNS:example.com.evil.example', 'example.com', false],
    ['a sip URI by its host', 'URI:sip:example.com', 'example.com', true],
  ])('matches %s', (_, name, domain, matches) => {
    expect(certifies(certificate([name]), domain)).toBe(matches);
  });

  it('believes no certificate that leads to no trusted root (§7.1)', () => {
    expect(certifies(certificate(['DNS:example.com'], undefined, false), 'example.com')).toBe(false);
  });
});
