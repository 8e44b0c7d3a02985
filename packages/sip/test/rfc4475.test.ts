import { describe, expect, it } from 'vitest';
import { ProtocolError, byteString, bytesOf, isSipUri, unescapeUri, utf8Text } from '@simple-im/grammar';
import { vectors } from '@simple-im/testkit';
import { decodeDatagram, encode, validate, type SipMessage, type SipRequest, type SipResponse } from '../src/index.js';

type Expected = 'valid' | 'drop' | { readonly status: number; readonly code: string; readonly header?: string };
interface Row {
  readonly section: string;
  readonly strict: Expected;
  /** The same as strict where absent. */
  readonly liberal?: Expected;
  /** Values the RFC's prose names; run on the message after liberal validation where that accepts it. */
  readonly values?: (message: SipRequest) => void;
  readonly response?: (message: SipResponse) => void;
}

const files = new Map(vectors(new URL('./vectors/rfc4475', import.meta.url), '.dat').map(({ name, bytes }) => [name.replace('.dat', ''), bytes]));

function bad(code: string, header?: string, status = 400): Expected {
  return header === undefined ? { status, code } : { status, code, header };
}

function sipUriOf(uri: SipRequest['parsedUri']): { user: string | undefined; host: string } {
  if (!isSipUri(uri)) throw new Error('not a SIP URI');
  return { user: uri.user === undefined ? undefined : unescapeUri(uri.user), host: uri.host };
}

const rows: Record<string, Row> = {
  wsinv: {
    section: '3.1.1.1', strict: 'valid', values: (m) => {
      expect(m.method).toBe('INVITE');
      expect(m.uri).toBe('sip:vivekg@chair-dnrc.example.com;unknownparam');
      expect(m.to?.uriText).toBe('sip:vivekg@chair-dnrc.example.com');
      expect(m.toTag).toBe('1918181833n');
      expect(m.from?.displayName).toBe('J Rosenberg \\"');
      expect(m.fromTag).toBe('98asjd8');
      expect(m.maxForwards).toBe(68);
      expect(m.cseq).toEqual({ number: 9, method: 'INVITE' });
      expect(m.vias.map((via) => [via.protocol, via.transport, via.host, via.branch])).toEqual([
        ['SIP/2.0', 'UDP', '192.0.2.2', '390skdjuw'],
        ['SIP/2.0', 'TCP', 'spindle.example.com', 'z9hG4bK9ikj8'],
        ['SIP/2.0', 'UDP', '192.168.255.111', 'z9hG4bK30239'],
      ]);
      expect(m.headers.get('Subject')).toBe('');
      expect(m.headers.get('newfangledheader')).toBe('newfangled value continued newfangled value');
      expect(m.headers.get('UnknownHeaderWithUnusualValue')).toBe(';;,,;;,;');
      expect(m.contentType?.type).toBe('application/sdp');
      expect(m.routes.map((route) => route.uriText)).toEqual(['sip:services.example.com;lr;unknownwith=value;unknown-no-value']);
      expect(m.contacts.map((contact) => [contact.displayName, contact.uriText, contact.q])).toEqual([['Quoted string ""', 'sip:jdrosen@example.com', 0.33]]);
      expect(m.contacts[0]?.params.get('newparam')).toBe('newvalue');
      expect(m.contacts[0]?.params.has('secondparam')).toBe(true);
      expect(m.body.length).toBe(150);
    },
  },
  intmeth: {
    section: '3.1.1.2', strict: 'valid', values: (m) => {
      expect(m.method).toBe("!interesting-Method0123456789_*+`.%indeed'~");
      expect(m.via?.branch).toBe("z9hG4bK-.!%66*_+`'~");
      expect(m.to?.displayName).toBe('BEL:\x07 NUL:\x00 DEL:\x7f');
      expect(m.from?.displayName).toBe("token1~` token2'+_ token3*%!.-");
      expect(m.fromTag).toBe("_token~1'+`*%!-.");
      expect(byteString(new TextEncoder().encode('работающий'))).toBe(m.from?.params.get("fromParam''~+*_!.-%"));
      expect(m.callId).toBe("intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{");
      expect(m.headers.get("extensionHeader-!.%*+_`'~")).toMatch(/大停電$/);
      expect(m.maxForwards).toBe(255);
      expect(m.cseq?.number).toBe(139122385);
      expect(sipUriOf(m.parsedUri).host).toBe('example.com');
    },
  },
  esc01: {
    section: '3.1.1.3', strict: 'valid', values: (m) => {
      expect(sipUriOf(m.parsedUri)).toEqual({ user: 'sips:user@example.com', host: 'example.net' });
      expect(sipUriOf(m.to?.uri as SipRequest['parsedUri']).user).toBe('user');
      expect(sipUriOf(m.from?.uri as SipRequest['parsedUri']).user).toBe('I have spaces');
      const contact = m.contacts[0]?.uri as SipRequest['parsedUri'];
      expect(sipUriOf(contact).user).toBe('caller');
      if (!isSipUri(contact)) throw new Error('not a SIP URI');
      expect(contact.params.has('lr')).toBe(true);
      expect(contact.params.get('name')).toBe('value%41'); // unescaped once only
      expect(m.uri).toContain('%3A'); // kept as it came
    },
  },
  escnull: {
    section: '3.1.1.4', strict: 'valid', values: (m) => {
      expect(sipUriOf(m.to?.uri as SipRequest['parsedUri']).user).toBe('null-\0-null');
      expect(m.contacts.map((contact) => sipUriOf(contact.uri).user)).toEqual(['\0', '\0\0']);
      expect(m.body.length).toBe(0);
    },
  },
  esc02: {
    section: '3.1.1.5', strict: 'valid', values: (m) => {
      expect(m.method).toBe('RE%47IST%45R');
      expect(m.to?.displayName).toBe('%Z%45');
      expect(m.contacts.map((contact) => contact.uriText)).toEqual(['sip:alias1@host1.example.com', 'sip:alias3@host3.example.com']);
      expect(m.headers.get('C%6Fntact')).toBe('<sip:alias2@host2.example.com>');
      expect(m.via?.branch).toBe('z9hG4bK209%fzsnel234');
    },
  },
  lwsdisp: {
    section: '3.1.1.6', strict: 'valid', values: (m) => {
      expect(m.from?.displayName).toBe('caller');
      expect(m.from?.uriText).toBe('sip:caller@example.com');
    },
  },
  longreq: {
    section: '3.1.1.7', strict: 'valid', values: (m) => {
      expect(m.to?.displayName).toBe(`I have a user name of ${'extreme'.repeat(10)} proportion`);
      expect(m.fromTag).toBe(`12${'982'.repeat(50)}424`);
      expect(m.callId).toBe(`longreq.one${'really'.repeat(20)}longcallid`);
      expect(m.vias.length).toBe(34);
      expect(m.vias[33]?.received).toBe('192.0.2.5');
      expect(m.vias[33]?.branch).toBe(`very${'long'.repeat(50)}branchvalue`);
      expect(sipUriOf(m.contacts[0]?.uri as SipRequest['parsedUri']).user).toBe('amazinglylongcallername'.repeat(5));
    },
  },
  dblreq: {
    section: '3.1.1.8', strict: 'valid', values: (m) => {
      expect(m.method).toBe('REGISTER');
      expect(m.body.length).toBe(0);
      expect(byteString(encode(m))).not.toContain('INVITE');
    },
  },
  semiuri: {
    section: '3.1.1.9', strict: 'valid', values: (m) => {
      expect(sipUriOf(m.parsedUri)).toEqual({ user: 'user;par=u@example.net', host: 'example.com' });
      expect(m.headers.list('Accept')).toEqual(['application/sdp', 'application/pkcs7-mime', 'multipart/mixed', 'multipart/signed', 'message/sip', 'message/sipfrag']);
    },
  },
  transports: {
    section: '3.1.1.10', strict: 'valid', values: (m) => {
      expect(m.vias.map((via) => via.transport)).toEqual(['UDP', 'SCTP', 'TLS', 'UNKNOWN', 'TCP']);
      expect(m.callId).toBe('transports.kijh4akdnaqjkwendsasfdj');
    },
  },
  mpart01: {
    section: '3.1.1.11', strict: 'valid', values: (m) => {
      expect(m.body.length).toBe(553);
      expect(m.contentType?.type).toBe('multipart/mixed');
      expect(m.contentType?.params.get('boundary')).toBe('7a9cbec02ceef655');
      expect(m.body.includes(0)).toBe(true);
      expect(m.via?.rport).toBe(true);
      expect(m.via?.port).toBe(5070);
    },
  },
  unreason: {
    section: '3.1.1.12', strict: 'valid', response: (m) => {
      expect(m.status).toBe(200);
      expect(m.reason).toBe('= 2**3 * 5**2 но сто девяносто девять - простое');
      expect(m.cseq).toEqual({ number: 35, method: 'INVITE' });
    },
  },
  noreason: {
    section: '3.1.1.13', strict: 'valid', response: (m) => {
      expect(m.status).toBe(100);
      expect(m.reason).toBe('');
    },
  },
  badinv01: { section: '3.1.2.1', strict: bad('SIP_BAD_HEADER', 'Via') },
  clerr: { section: '3.1.2.2', strict: bad('SIP_BODY_TRUNCATED', 'Content-Length') },
  ncl: { section: '3.1.2.3', strict: bad('SIP_BAD_CONTENT_LENGTH', 'Content-Length') },
  scalar02: { section: '3.1.2.4', strict: bad('SIP_OUT_OF_RANGE', 'CSeq') },
  scalarlg: { section: '3.1.2.5', strict: 'drop' },
  quotbal: { section: '3.1.2.6', strict: bad('SIP_BAD_HEADER', 'To') },
  ltgtruri: {
    section: '3.1.2.7', strict: bad('SIP_BAD_URI'), liberal: 'valid', values: (m) => {
      expect(byteString(encode(m))).toMatch(/^INVITE sip:user@example\.com SIP\/2\.0\r\n/);
    },
  },
  lwsruri: {
    section: '3.1.2.8', strict: bad('SIP_BAD_URI'), liberal: 'valid', values: (m) => {
      expect(m.uri).toBe('sip:user@example.com;lr');
      expect(m.cseq?.number).toBe(2130706432);
    },
  },
  lwsstart: {
    section: '3.1.2.9', strict: bad('SIP_BAD_REQUEST_LINE'), liberal: 'valid', values: (m) => {
      expect(byteString(encode(m))).toMatch(/^INVITE sip:user@example\.com SIP\/2\.0\r\n/);
    },
  },
  trws: {
    section: '3.1.2.10', strict: bad('SIP_BAD_REQUEST_LINE'), liberal: 'valid', values: (m) => {
      expect(byteString(encode(m))).toMatch(/^OPTIONS sip:remote-target@example\.com SIP\/2\.0\r\n/);
    },
  },
  escruri: {
    section: '3.1.2.11', strict: bad('SIP_BAD_URI'), liberal: 'valid', values: (m) => {
      expect(m.uri).toBe('sip:user@example.com');
      expect(m.routes).toEqual([]);
    },
  },
  baddate: { section: '3.1.2.12', strict: 'valid', values: (m) => expect(m.headers.get('Date')).toBe('Fri, 01 Jan 2010 16:00:00 EST') },
  regbadct: {
    section: '3.1.2.13', strict: bad('SIP_BAD_HEADER', 'Contact'), liberal: 'valid', values: (m) => {
      expect(m.contacts[0]?.uriText).toBe('sip:user@example.com?Route=%3Csip:sip.example.com%3E');
    },
  },
  badaspec: {
    section: '3.1.2.14', strict: bad('SIP_BAD_HEADER', 'To'), liberal: 'valid', values: (m) => {
      expect(m.to?.uriText).toBe('sip:t.watson@example.org');
      expect(m.to?.displayName).toBe('Watson, Thomas');
    },
  },
  baddn: { // in the archive it also ends without the empty line; with one, see below
    section: '3.1.2.15', strict: bad('SIP_HEAD_UNFINISHED'), liberal: 'valid', values: (m) => {
      expect(m.from?.displayName).toBe('Bell, Alexander');
      expect(m.fromTag).toBe('43');
      expect(m.headers.get('To')).toBe('"Watson, Thomas" <sip:t.watson@example.org>'); // the mistake is not passed on
    },
  },
  badvers: { section: '3.1.2.16', strict: bad('SIP_UNSUPPORTED_VERSION', undefined, 505) },
  mismatch01: { section: '3.1.2.17', strict: bad('SIP_CSEQ_METHOD', 'CSeq') },
  mismatch02: { section: '3.1.2.18', strict: bad('SIP_CSEQ_METHOD', 'CSeq', 501) },
  bigcode: { section: '3.1.2.19', strict: 'drop' },
  badbranch: { section: '3.2.1', strict: bad('SIP_BAD_HEADER', 'Via'), liberal: 'valid', values: (m) => expect(m.via?.branch).toBe('z9hG4bK') },
  insuf: { section: '3.3.1', strict: bad('SIP_MISSING_HEADER', 'From') },
  unkscm: { section: '3.3.2', strict: bad('SIP_UNSUPPORTED_SCHEME', undefined, 416) },
  novelsc: { section: '3.3.3', strict: bad('SIP_UNSUPPORTED_SCHEME', undefined, 416) },
  unksm2: {
    section: '3.3.4', strict: 'valid', values: (m) => {
      expect(m.to?.uriText).toBe('isbn:2983792873');
      expect(m.from?.uriText).toBe('http://www.example.com');
      expect(m.fromTag).toBe('3234233');
      expect(m.contacts[0]?.uriText).toBe('name:John_Smith');
    },
  },
  bext01: {
    section: '3.3.5', strict: 'valid', values: (m) => {
      expect(m.require()).toEqual(['nothingSupportsThis', 'nothingSupportsThisEither']);
      expect(m.proxyRequire()).toEqual(['noProxiesSupportThis', 'norDoAnyProxiesSupportThis']);
    },
  },
  invut: {
    section: '3.3.6', strict: 'valid', values: (m) => {
      expect(m.contentType?.type).toBe('application/unknownformat');
      expect(utf8Text(m.body)).toBe('<audio>\r\n <pcmu port="443"/>\r\n</audio>\r\n');
    },
  },
  regaut01: { section: '3.3.7', strict: 'valid', values: (m) => expect(m.headers.get('Authorization')).toBe('NoOneKnowsThisScheme opaque-data=here') },
  multi01: { section: '3.3.8', strict: bad('SIP_DUPLICATE_HEADER', 'CSeq') },
  mcl01: { section: '3.3.9', strict: bad('SIP_BAD_CONTENT_LENGTH', 'Content-Length') },
  bcast: { section: '3.3.10', strict: 'valid', response: (m) => expect(m.vias.map((via) => via.host)).toEqual(['192.0.2.198', '255.255.255.255']) },
  zeromf: { section: '3.3.11', strict: 'valid', values: (m) => expect(m.maxForwards).toBe(0) },
  cparam01: {
    section: '3.3.12', strict: 'valid', values: (m) => {
      expect(m.contacts[0]?.uriText).toBe('sip:+19725552222@gw1.example.net');
      expect(m.contacts[0]?.params.has('unknownparam')).toBe(true);
    },
  },
  cparam02: {
    section: '3.3.13', strict: 'valid', values: (m) => {
      expect(m.contacts[0]?.uriText).toBe('sip:+19725552222@gw1.example.net;unknownparam');
      expect(m.contacts[0]?.params.size).toBe(0);
    },
  },
  regescrt: { section: '3.3.14', strict: 'valid', values: (m) => expect(m.contacts[0]?.uriText).toBe('sip:user@example.com?Route=%3Csip:sip.example.com%3E') },
  sdp01: { section: '3.3.15', strict: 'valid', values: (m) => expect(m.headers.list('Accept')).toEqual(['text/nobodyKnowsThis']) },
  inv2543: {
    section: '3.4.1', strict: 'valid', values: (m) => {
      expect(m.via?.branch).toBeUndefined();
      expect(m.fromTag).toBeUndefined();
      expect(m.maxForwards).toBeUndefined();
      expect(m.contentLength).toBeUndefined();
      expect(utf8Text(m.body)).toMatch(/^v=0\r\n[^]*RTP\/AVP 0\r\n$/);
    },
  },
};

function outcome(bytes: Uint8Array, liberal: boolean): { verdict: Expected; message?: SipMessage } {
  let message: SipMessage;
  try {
    message = decodeDatagram(bytes, { liberal });
  } catch (error) {
    if (ProtocolError.is(error)) return { verdict: 'drop' };
    throw error;
  }
  const verdict = validate(message, { liberal });
  if (verdict.ok) return { verdict: 'valid', message };
  if (verdict.action === 'drop') return { verdict: 'drop', message };
  return { verdict: bad(verdict.error.code, verdict.error.header, verdict.status), message };
}

describe('the torture test messages of RFC 4475', () => {
  it('are all here', () => {
    expect(files.size).toBe(49);
    expect(Object.keys(rows).sort()).toEqual([...files.keys()].sort());
  });

  it('baddn with the empty line that the archive lacks is 400 for its From (RFC 4475 §3.1.2.15)', () => {
    const bytes = bytesOf(`${byteString(files.get('baddn') as Uint8Array)}\r\n`);
    expect(outcome(bytes, false).verdict).toEqual(bad('SIP_BAD_HEADER', 'From'));
    expect(outcome(bytes, true).verdict).toBe('valid');
  });

  for (const [name, row] of Object.entries(rows)) {
    const bytes = files.get(name) as Uint8Array;
    it(`${name} is ${typeof row.strict === 'string' ? row.strict : row.strict.status} (RFC 4475 §${row.section})`, () => {
      expect(outcome(bytes, false).verdict).toEqual(row.strict);
      const { verdict, message } = outcome(bytes, true);
      expect(verdict).toEqual(row.liberal ?? row.strict);
      row.values?.(message as SipRequest);
      row.response?.(message as SipResponse);
    });

    if (row.strict === 'valid') {
      it(`${name} goes out as it came in`, () => {
        const message = decodeDatagram(bytes);
        const hadLength = message.contentLength !== undefined;
        const sent = byteString(encode(message));
        const came = byteString(bytes);
        expect(hadLength ? sent : sent.replace(/Content-Length: \d+\r\n/, '')).toBe(name === 'dblreq' ? came.slice(0, came.indexOf('\r\n\r\n') + 4) : came);
      });
    }
  }
});
