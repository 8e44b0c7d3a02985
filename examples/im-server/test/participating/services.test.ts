import { describe, expect, it } from 'vitest';
import { utf8, utf8Text } from '@simple-im/grammar';
import { buildRequest, type SipRequest } from '@simple-im/sip';
import { imServices, type AdmissionQuestion, type ImService } from '../../src/internal-ports.js';
import { serviceOf } from '../../src/participating/services.js';
import { inviteOf, offer, scene, type InviteOptions } from './core.js';

const LARGE: InviteOptions = { headers: [['Accept-Contact', '*;+g.oma.sip-im.large-message']] };
const FILE: InviteOptions = { body: utf8(`${utf8Text(offer())}a=file-selector:name:"a.txt" type:text/plain size:4\r\n`) };
const MESSAGE = buildRequest({
  method: 'MESSAGE', uri: 'sip:bob@example.com', cseq: 1, callId: 'm-1', from: '<sip:alice@example.com>;tag=a', to: '<sip:bob@example.com>',
  headers: [['P-Asserted-Identity', '<sip:alice@example.com>']], contentType: 'text/plain', body: utf8('hi'),
});
const REQUESTS: Readonly<Record<ImService, () => SipRequest>> = {
  pager: () => MESSAGE, large: () => inviteOf(LARGE), session: () => inviteOf(), file: () => inviteOf(FILE),
};
const bob = (services: readonly ImService[]): ReadonlyMap<string, readonly ImService[]> => new Map([['sip:bob@example.com', services]]);

describe('the service a request is for (FACTS §1)', () => {
  it.each(imServices)('is told by method, feature tag and media: %s', (service) => {
    expect(serviceOf(REQUESTS[service]())).toBe(service);
  });

  it('is told by whole names of tags', () => {
    for (const tag of ['+g.oma.sip-im', '+g.oma.sip-im.large-messages', '+x.g.oma.sip-im.large-message', '+g.oma.sip-im="+g.oma.sip-im.large-message"']) {
      expect(serviceOf(inviteOf({ headers: [['Accept-Contact', `*;${tag}`]] }))).toBe('session');
    }
    expect(serviceOf(inviteOf({ headers: [['Accept-Contact', '*;+g.oma.sip-im'], ['a', '*;+G.OMA.SIP-IM.Large-Message;explicit']] }))).toBe('large');
    const icsi = '+g.3gpp.icsi-ref="urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.largemsg"';
    expect(serviceOf(inviteOf({ headers: [['Accept-Contact', `*;${icsi}`]] }))).toBe('large');
  });

  it('is not what the client can do besides', () => {
    expect(serviceOf(inviteOf({ contact: '<sip:alice@192.0.2.11>;+g.oma.sip-im;+g.oma.sip-im.large-message' }))).toBe('session');
  });
});

describe('a user without a service (docs/profile.md)', () => {
  it.each(imServices)('neither gets nor sends it: 403 with a Warning, %s', async (service) => {
    const others = imServices.filter((name) => name !== service);
    for (const [sessionCase, user] of [['terminating', 'sip:bob@example.com'], ['originating', 'sip:bob@example.com']] as const) {
      const { receive, core, metrics } = await scene({ services: bob(others) });
      const { last } = await receive(REQUESTS[service](), sessionCase, user);
      expect([last.status, last.headers.get('Warning'), core.sent.length]).toEqual([403, '399 example.com "127 Service not authorised"', 0]);
      expect(metrics.values.get(`im_policy_evaluations_total ${sessionCase} ${service === 'file' ? 'session' : service} not-provisioned`)).toBe(1);
    }
  });

  it.each(imServices)('has the others, and others have it: %s', async (service) => {
    const { receive, core } = await scene({ services: bob([service]) });
    await receive(REQUESTS[service](), 'terminating', 'sip:bob@example.com');
    await receive(REQUESTS[service](), 'originating', 'sip:carol@example.com');
    expect(core.sent).toHaveLength(2);
  });

  it('asks admission for a mode: a file comes in a session', async () => {
    const asked: AdmissionQuestion[] = [];
    const { receive } = await scene({ admission: { admit: async (question) => { asked.push(question); return { admitted: true }; } } });
    for (const service of imServices) await receive(REQUESTS[service](), 'originating', 'sip:alice@example.com');
    expect(asked.map(({ mode }) => mode)).toEqual(['pager', 'large', 'session', 'session']);
  });
});

describe('P-Preferred-Service (RFC 6050 §5.1.2)', () => {
  const urn = 'urn:urn-7:3gpp-service.ims.icsi.oma.cpm.session';
  const pass = async (preferred: string): Promise<readonly (string | undefined)[]> => {
    const { receive, core } = await scene();
    await receive(inviteOf({ headers: [['P-Preferred-Service', preferred]] }), 'originating', 'sip:alice@example.com');
    const headers = core.sent[0]?.request.headers;
    return [headers?.get('P-Preferred-Service'), headers?.get('P-Asserted-Service')];
  };

  it('becomes P-Asserted-Service where the request is for that service', async () => {
    expect(await pass(urn)).toEqual([undefined, urn]);
    expect(await pass(`${urn}.group`)).toEqual([undefined, `${urn}.group`]);
  });

  it('goes on as it is where it is not', async () => {
    expect(await pass('urn:urn-7:3gpp-service.ims.icsi.oma.cpm.largemsg')).toEqual(['urn:urn-7:3gpp-service.ims.icsi.oma.cpm.largemsg', undefined]);
  });

  it('and History-Info (RFC 7044) reach the recipient of a session', async () => {
    const { receive, core } = await scene();
    await receive(inviteOf({ headers: [['P-Preferred-Service', 'urn:x'], ['History-Info', '<sip:bob@example.com>;index=1']] }), 'terminating', 'sip:bob@example.com');
    const headers = core.of('INVITE')[0]?.request.headers;
    expect([headers?.get('P-Preferred-Service'), headers?.get('History-Info')]).toEqual(['urn:x', '<sip:bob@example.com>;index=1']);
  });
});
