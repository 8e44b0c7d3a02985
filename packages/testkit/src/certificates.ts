import { readFileSync } from 'node:fs';
import type { TlsIdentity } from '@simple-im/transport';
import { FAKE_ROOT, fakeIdentity } from '@simple-im/transport/fake';

/** Certificates by one root that some tests trust, and some that they must not. */
export interface TestCertificates {
  /** The root of all but `other`, for `trusted`. */
  readonly root: string;
  readonly otherRoot: string;
  /** `DNS:example.com`, `URI:sip:example.com`, `DNS:localhost`, `IP:127.0.0.1`, `IP:::1`. */
  readonly server: TlsIdentity;
  /** The names of `server`, another key. */
  readonly renewed: TlsIdentity;
  /** `DNS:client.example.org`, `URI:sip:client.example.org`. */
  readonly client: TlsIdentity;
  /** CN `old.example.com` and no subjectAltName. */
  readonly noNames: TlsIdentity;
  /** The names of `server`, not in force any more. */
  readonly expired: TlsIdentity;
  /** The names of `server`, by `otherRoot`. */
  readonly other: TlsIdentity;
}

/** Those of `certificates/`, PEM. */
export const certificates: TestCertificates = {
  root: pem('root.pem'),
  otherRoot: pem('other-root.pem'),
  server: identity('server'),
  renewed: identity('renewed'),
  client: identity('client'),
  noNames: identity('no-names'),
  expired: identity('expired'),
  other: identity('other'),
};

function identity(name: string): TlsIdentity {
  return { certificate: pem(`${name}.pem`), key: pem(`${name}.key`) };
}

function pem(file: string): string {
  return readFileSync(new URL(`../certificates/${file}`, import.meta.url), 'utf8');
}

const NAMES = ['DNS:example.com', 'URI:sip:example.com', 'DNS:localhost', 'IP:127.0.0.1', 'IP:::1'];

/** The same for FakeTls. */
export const fakeCertificates: TestCertificates = {
  root: FAKE_ROOT,
  otherRoot: 'other root',
  server: fakeIdentity({ subjectAltNames: NAMES, commonName: 'example.com' }),
  renewed: fakeIdentity({ subjectAltNames: NAMES, commonName: 'example.com ' }),
  client: fakeIdentity({ subjectAltNames: ['DNS:client.example.org', 'URI:sip:client.example.org'], commonName: 'client.example.org' }),
  noNames: fakeIdentity({ commonName: 'old.example.com' }),
  expired: fakeIdentity({ subjectAltNames: NAMES, commonName: 'example.com', expired: true }),
  other: fakeIdentity({ subjectAltNames: NAMES, commonName: 'example.com', issuer: 'other root' }),
};
