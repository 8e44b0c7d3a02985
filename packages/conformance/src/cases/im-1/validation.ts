/* Malformed requests: the target answers what is wrong and goes on serving. */
import type { CaseContext, ConformanceCase, Level } from '../../case.js';
import { check, equal, precondition } from '../../expectation.js';
import type { SipPeer } from '../../raw-sip.js';
import { without } from '../../template.js';
import { options } from '../templates.js';

/** A peer to whom a right OPTIONS was answered, so that a refusal later is due to what is wrong. */
async function probe(context: CaseContext, transport?: 'udp'): Promise<SipPeer> {
  const peer = await context.sip(transport === undefined ? {} : { transport });
  await precondition('an OPTIONS is answered', async () => equal('the status', (await peer.request(options)).status, 200));
  peer.newCall();
  return peer;
}

interface Malformed {
  readonly id: string;
  readonly clause: string;
  readonly level: Level;
  readonly asks: string;
  readonly does: string;
  /** Where it would break the framing of a stream. */
  readonly datagram?: true;
  /** Any error when undefined. */
  readonly status?: number;
  readonly template: string;
}

/** One request that is wrong in one way, and the status it must get. */
function malformed({ datagram, status, template, ...about }: Malformed): ConformanceCase {
  const transport = datagram === undefined ? undefined : 'udp';
  return {
    ...about, needs: transport === undefined ? [] : ['sip-udp'], users: 0,
    run: async (context) => {
      const peer = await probe(context, transport);
      const response = await peer.request(template);
      if (status !== undefined) equal('the status', response.status, status);
      check((response.status ?? 0) >= 400, `the status is ${response.status}, expected an error`);
    },
  };
}

export const validationCases: readonly ConformanceCase[] = [
  malformed({
    id: 'IM-1/rfc3261/16.3/missing-call-id-refused',
    clause: 'RFC 3261 §16.3 (1), §8.1.1, RFC 4475 §3.3.1',
    level: 'SHALL',
    asks: 'Call-ID is mandatory in every request; one without it is answered with an error code.',
    does: 'Shows that an OPTIONS is answered 200, sends the same without Call-ID.',
    template: without(options, 'Call-ID:'),
  }),
  malformed({
    id: 'IM-1/rfc4475/3.1.2.17/cseq-method-mismatch-400',
    clause: 'RFC 4475 §3.1.2.17, RFC 3261 §8.1.1.5',
    level: 'SHOULD',
    asks: 'The method in CSeq is that of the request; a request where it is not is malformed and is answered 400.',
    does: 'Shows that an OPTIONS is answered 200, sends one with INVITE in its CSeq.',
    status: 400,
    template: options.replace('{cseq} OPTIONS', '{cseq} INVITE'),
  }),
  malformed({
    id: 'IM-1/rfc4475/3.3.8/two-call-ids-400',
    clause: 'RFC 4475 §3.3.8, RFC 3261 §7.3.1',
    level: 'SHOULD',
    asks: 'Call-ID stands once in a request; one with two of them is malformed and is answered 400.',
    does: 'Shows that an OPTIONS is answered 200, sends one with a second Call-ID.',
    status: 400,
    template: options.replace('Call-ID: {callId}', 'Call-ID: {callId}\n  Call-ID: second.{callId}'),
  }),
  malformed({
    id: 'IM-1/rfc4475/3.1.2.3/negative-content-length-refused',
    clause: 'RFC 4475 §3.1.2.3, RFC 3261 §20.14',
    level: 'SHOULD',
    asks: 'Content-Length is zero or more; a request with a negative one is malformed and is refused.',
    does: 'Shows that an OPTIONS is answered 200, sends one with Content-Length: -999 in a datagram.',
    datagram: true,
    template: options.replace('Content-Length: 0', 'Content-Length: -999'),
  }),
  malformed({
    id: 'IM-1/rfc4475/3.1.2.4/overlarge-cseq-400',
    clause: 'RFC 4475 §3.1.2.4, RFC 3261 §8.1.1.5',
    level: 'SHOULD',
    asks: 'The number in CSeq is less than 2**31; a request with a larger one is malformed and is answered 400.',
    does: 'Shows that an OPTIONS is answered 200, sends one with the CSeq number 36893488147419103232: zero in 64 bits.',
    status: 400,
    template: options.replace('{cseq} OPTIONS', '36893488147419103232 OPTIONS'),
  }),
  malformed({
    id: 'IM-1/rfc3261/18.3/body-cut-off-400',
    clause: 'RFC 3261 §18.3',
    level: 'SHOULD',
    asks: 'A request whose datagram ends before its body does is answered 400.',
    does: 'Shows that an OPTIONS is answered 200, sends one with five octets of a body and Content-Length: 500 in a datagram.',
    datagram: true,
    status: 400,
    template: `${options.replace('Content-Length: 0', 'Content-Type: text/plain\n  Content-Length: 500')}\n  cut`,
  }),
  malformed({
    id: 'IM-1/rfc4475/3.1.2.16/version-505',
    clause: 'RFC 4475 §3.1.2.16, RFC 3261 §21.5.6',
    level: 'SHOULD',
    asks: 'A request of a version of SIP that the target does not speak is answered 505.',
    does: 'Shows that an OPTIONS is answered 200, sends one of SIP/7.0 in a datagram.',
    datagram: true,
    status: 505,
    template: options.replace(' SIP/2.0\n', ' SIP/7.0\n'),
  }),
  malformed({
    id: 'IM-1/rfc3261/16.3/unknown-scheme-416',
    clause: 'RFC 3261 §16.3 (2), §8.2.2.1',
    level: 'SHOULD',
    asks: 'A request for a URI whose scheme the target does not know is answered 416.',
    does: 'Shows that an OPTIONS is answered 200, sends one for nobodyKnowsThisScheme:totallyopaquecontent.',
    status: 416,
    template: options.replace('OPTIONS sip:{domain}', 'OPTIONS nobodyKnowsThisScheme:totallyopaquecontent'),
  }),
  {
    id: 'IM-1/rfc3261/16.3/serves-after-garbage',
    clause: 'RFC 3261 §16.3 (1)',
    level: 'SHALL',
    asks: 'What is no SIP message is not processed, and whatever came before it, the next right request is served.',
    does: 'Sends datagrams that are no SIP, half a head, and a response to nothing; then from another port an OPTIONS, which gets 200.',
    needs: ['sip-udp'],
    users: 0,
    run: async (context) => {
      const peer = await probe(context, 'udp');
      peer.sendOctets('\0\xff\xfe\x80 garbage \0\r\n\r\n');
      peer.sendOctets(Array.from({ length: 1024 }, (_, at) => String.fromCharCode(at % 256)).join(''));
      peer.sendOctets(`OPTIONS sip:${context.domain} SIP/2.0\r\nVia`);
      peer.sendOctets('SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP nobody.invalid;branch=z9hG4bKnothing\r\n\r\n');
      const response = await (await context.sip({ transport: 'udp' })).request(options);
      equal('the status', response.status, 200);
      check(response.header('To')?.includes('tag=') === true, 'the 200 has no tag in its To (RFC 3261 §8.2.6.2)');
    },
  },
];
