import { FakeResolver } from '@simple-im/transport/fake';
import { describe, expect, it } from 'vitest';
import { resolveUri } from '../src/index.js';

describe('the place a SIP URI names (RFC 3263 §4)', () => {
  const resolver = new FakeResolver();
  const resolved = async (uri: string): Promise<string> => {
    const { transport, address } = await resolveUri(uri, resolver);
    return `${transport} ${address.host} ${address.port}`;
  };

  it('is a numeric host with UDP and 5060 unless the URI says otherwise', async () => {
    expect(await resolved('sip:bob@192.0.2.2')).toBe('UDP 192.0.2.2 5060');
    expect(await resolved('sip:192.0.2.2:5070;transport=TCP')).toBe('TCP 192.0.2.2 5070');
    expect(await resolved('sip:bob@[2001:db8::1];transport=tcp')).toBe('TCP 2001:db8::1 5060');
    expect(await resolved('sip:bob@example.com;maddr=192.0.2.9')).toBe('UDP 192.0.2.9 5060');
  });

  it('is looked up for a name', async () => {
    expect(await resolved('sip:bob@localhost')).toMatch(/^UDP (127\.0\.0\.1|::1) 5060$/);
    await expect(resolved('sip:bob@nowhere.example.com')).rejects.toMatchObject({ code: 'SIP_UNRESOLVED', status: 503 });
    await expect(resolveUri('sip:bob@localhost', undefined)).rejects.toMatchObject({ code: 'SIP_UNRESOLVED' });
  });

  it('cannot be reached over transports that are not here', async () => {
    await expect(resolved('sips:bob@192.0.2.2')).rejects.toMatchObject({ code: 'SIP_UNSUPPORTED_TRANSPORT' });
    await expect(resolved('sip:bob@192.0.2.2;transport=sctp')).rejects.toMatchObject({ code: 'SIP_UNSUPPORTED_TRANSPORT' });
    await expect(resolved('tel:+123')).rejects.toMatchObject({ code: 'SIP_UNRESOLVED' });
  });
});
