import { ProtocolError } from '@simple-im/grammar';
import { codeOf } from '@simple-im/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  Headers, formatHistoryEntry, formatPrivacy, formatRack, formatReason, formatReferTo, formatReplaces, formatTargetDialog, parseReplaces,
  readHistoryInfo, readPrivacy, readRack, readReasons, readReferredBy, readReferTo, readReplaces, readRseq, readTargetDialog,
} from '../src/index.js';

const of = (name: string, ...values: string[]): Headers => new Headers(values.map((value) => [name, value] as const));

describe('Reason (RFC 3326 §2)', () => {
  it('reads the examples of the RFC and what we write', () => {
    expect(readReasons(of('Reason', 'SIP ;cause=200 ;text="Call completed elsewhere"', 'Q.850 ;cause=16 ;text="Terminated"'))).toEqual([
      { protocol: 'SIP', cause: 200, text: 'Call completed elsewhere' }, { protocol: 'Q.850', cause: 16, text: 'Terminated' },
    ]);
    const text = 'größer, "neu"; \\ 好';
    expect(readReasons(of('Reason', formatReason({ protocol: 'SIP', cause: 487, text })))).toEqual([{ protocol: 'SIP', cause: 487, text }]);
    expect(readReasons(of('Reason', 'preemption'))).toEqual([{ protocol: 'preemption', cause: undefined, text: undefined }]);
    expect(readReasons(new Headers())).toEqual([]);
  });

  it.each([';cause=1', 'SIP;cause=x', 'SIP;cause=1;cause=2', 'S IP', 'SIP;text="open', 'SIP;cause=99999999'])('refuses %j', (value) => {
    expect(codeOf(() => readReasons(of('Reason', value)))).toBe('SIP_BAD_HEADER');
  });

  it('reads 64 values and no more', () => {
    expect(readReasons(of('Reason', Array(64).fill('SIP').join()))).toHaveLength(64);
    expect(codeOf(() => readReasons(of('Reason', Array(65).fill('SIP').join())))).toBe('SIP_TOO_MANY_VALUES');
  });
});

describe('Privacy (RFC 3323 §4.2)', () => {
  it('reads values, critical apart', () => {
    expect(readPrivacy(of('Privacy', 'Header; user;critical'))).toEqual({ values: ['header', 'user'], critical: true });
    expect(readPrivacy(of('Privacy', 'id', 'history'))).toEqual({ values: ['id', 'history'], critical: false });
    const privacy = { values: ['session'], critical: true };
    expect(readPrivacy(of('Privacy', formatPrivacy(privacy)))).toEqual(privacy);
    expect([readPrivacy(new Headers()), readPrivacy(of('Privacy', 'none'))]).toEqual([undefined, { values: ['none'], critical: false }]);
  });

  it.each(['', 'critical', 'none;user', 'none;critical', 'id;', 'a b', '"id"'])('refuses %j', (value) => {
    expect(codeOf(() => readPrivacy(of('Privacy', value)))).toBe('SIP_BAD_HEADER');
  });

  it('reads 16 values and no more', () => {
    expect(codeOf(() => readPrivacy(of('Privacy', Array(17).fill('id').join(';'))))).toBe('SIP_TOO_MANY_VALUES');
  });
});

describe('History-Info (RFC 7044 §5)', () => {
  it('reads entries with index and how they came to be', () => {
    const entries = readHistoryInfo(of('History-Info',
      '<sip:bob@example.com>;index=1, <sip:bob@192.0.2.4?Reason=SIP%3Bcause%3D302>;index=1.1;rc=1',
      '<sip:carol@example.com>;index=1.2;mp=1'));
    expect(entries.map(({ address, index, target }) => [address.uriText, index, target])).toEqual([
      ['sip:bob@example.com', '1', undefined],
      ['sip:bob@192.0.2.4?Reason=SIP%3Bcause%3D302', '1.1', { kind: 'rc', from: '1' }],
      ['sip:carol@example.com', '1.2', { kind: 'mp', from: '1' }],
    ]);
  });

  it('writes what it reads', () => {
    const text = formatHistoryEntry({ uri: 'sip:bob@example.com?Privacy=history', index: '1.2.1', target: { kind: 'np', from: '1.2' } });
    expect(text).toBe('<sip:bob@example.com?Privacy=history>;index=1.2.1;np=1.2');
    expect(readHistoryInfo(of('History-Info', text))[0]?.target).toEqual({ kind: 'np', from: '1.2' });
    expect(codeOf(() => formatHistoryEntry({ uri: 'sip:a@b', index: '01' }))).toBe('SIP_UNSAFE_FIELD');
  });

  it.each([
    '<sip:a@b>', '<sip:a@b>;index=', '<sip:a@b>;index=1.', '<sip:a@b>;index=1;rc=1;mp=1', '<sip:a@b>;index=1;rc', 'x',
  ])('refuses %j', (value) => {
    expect(codeOf(() => readHistoryInfo(of('History-Info', value)))).toBe('SIP_BAD_HEADER');
  });
});

describe('RSeq and RAck (RFC 3262 §7)', () => {
  it('reads numbers', () => {
    expect(readRseq(of('RSeq', '988789'))).toBe(988_789);
    expect(readRack(of('RAck', '776656 1 INVITE'))).toEqual({ rseq: 776_656, cseq: 1, method: 'INVITE' });
    expect(formatRack({ rseq: 776_656, cseq: 1, method: 'INVITE' })).toBe('776656 1 INVITE');
    expect([readRseq(new Headers()), readRack(new Headers())]).toEqual([undefined, undefined]);
  });

  it('refuses what is none, and out of range', () => {
    for (const value of ['', '-1', '1.5', '1 2']) expect(codeOf(() => readRseq(of('RSeq', value)))).toBe('SIP_BAD_HEADER');
    for (const value of ['0', '4294967296']) expect(codeOf(() => readRseq(of('RSeq', value)))).toBe('SIP_OUT_OF_RANGE');
    for (const value of ['', '1', '1 1', '1 1 INVITE x', 'x 1 INVITE', '1 1 (']) {
      expect(codeOf(() => readRack(of('RAck', value)))).toBe('SIP_BAD_HEADER');
    }
    expect(codeOf(() => readRseq(of('RSeq', '1', '2')))).toBe('SIP_DUPLICATE_HEADER');
  });
});

describe('Replaces (RFC 3891 §6.1) and Target-Dialog (RFC 4538 §7)', () => {
  it('reads the examples', () => {
    expect(readReplaces(of('Replaces', '98732@sip.example.com;from-tag=r33th4x0r ;to-tag=ff87ff'))).toEqual({
      callId: '98732@sip.example.com', toTag: 'ff87ff', fromTag: 'r33th4x0r', earlyOnly: false,
    });
    expect(readReplaces(of('Replaces', '12adf2f34456gs5;to-tag=12345;from-tag=54321;early-only'))?.earlyOnly).toBe(true);
    expect(readTargetDialog(of('Target-Dialog', 'fa77as7dad8-sd98ajzz@host.example.com ;local-tag=kkaz- ;remote-tag=6544'))).toEqual({
      callId: 'fa77as7dad8-sd98ajzz@host.example.com', localTag: 'kkaz-', remoteTag: '6544',
    });
    expect([readReplaces(new Headers()), readTargetDialog(new Headers())]).toEqual([undefined, undefined]);
  });

  it('writes what it reads, and nothing else', () => {
    const replaces = { callId: 'a@b', toTag: '1', fromTag: '2', earlyOnly: true };
    expect(parseReplaces(formatReplaces(replaces))).toEqual(replaces);
    const target = { callId: 'a@b', localTag: '1', remoteTag: '2' };
    expect(readTargetDialog(of('Target-Dialog', formatTargetDialog(target)))).toEqual(target);
    expect(codeOf(() => formatReplaces({ ...replaces, callId: 'a;b' }))).toBe('SIP_UNSAFE_FIELD');
    expect(codeOf(() => formatTargetDialog({ ...target, localTag: '' }))).toBe('SIP_UNSAFE_FIELD');
  });

  it.each([
    '', 'a', 'a;to-tag=1', 'a;from-tag=1', 'a b;to-tag=1;from-tag=2', 'a;to-tag=1;to-tag=1;from-tag=2', 'a;to-tag="x y";from-tag=2',
  ])('refuses %j', (value) => {
    expect(codeOf(() => readReplaces(of('Replaces', value)))).toBe('SIP_BAD_HEADER');
    expect(codeOf(() => readTargetDialog(of('Target-Dialog', value)))).toBe('SIP_BAD_HEADER');
  });
});

describe('Refer-To (RFC 3515 §2.1) and Referred-By (RFC 3892 §3)', () => {
  it('reads method and Replaces out of the URI, and leaves other header fields of it alone (RFC 3261 §19.1.5)', () => {
    const read = (value: string) => {
      const { uri, method, replaces } = readReferTo(of('Refer-To', value));
      return [uri, method, replaces?.callId];
    };
    expect(read('<sip:dave@denver.example.org?Replaces=12345%40192.168.118.3%3Bto-tag%3D12345%3Bfrom-tag%3D5FFE-3994>'))
      .toEqual(['sip:dave@denver.example.org', 'INVITE', '12345@192.168.118.3']);
    expect(read('<sip:carol@cleveland.example.org;method=SUBSCRIBE;transport=tcp?Route=%3Csip:evil%3E&Subject=x>'))
      .toEqual(['sip:carol@cleveland.example.org;transport=tcp', 'SUBSCRIBE', undefined]);
    expect(read('sip:alice@atlanta.example.com')).toEqual(['sip:alice@atlanta.example.com', 'INVITE', undefined]);
    expect(read('<http://www.ietf.org>')).toEqual(['http://www.ietf.org', undefined, undefined]);
    expect(readReferredBy(of('Referred-By', '"Alice" <sip:a@b>;cid="20398823.2UWQFN309shb3@referrer.example"'))?.displayName).toBe('Alice');
  });

  it('writes what it reads', () => {
    const replaces = { callId: "a%b'*@c", toTag: '1', fromTag: '2', earlyOnly: false };
    const text = formatReferTo('sip:b@example.com;transport=tcp', { method: 'INVITE', replaces });
    expect(readReferTo(of('Refer-To', text))).toMatchObject({ uri: 'sip:b@example.com;transport=tcp', method: 'INVITE', replaces });
    expect(formatReferTo('http://example.com/')).toBe('<http://example.com/>');
    expect(codeOf(() => formatReferTo('http://example.com/', { replaces }))).toBe('SIP_UNSAFE_FIELD');
  });

  it.each([
    '', '<sip:a@b>, <sip:c@d>', '<sip:a@b?Replaces=x>', '<sip:a@b?Replaces=a%00%3Bto-tag%3D1%3Bfrom-tag%3D2>', '<sip:@>',
  ])('refuses %j', (value) => {
    expect(codeOf(() => readReferTo(of('Refer-To', value)))).toBe('SIP_BAD_HEADER');
  });
});

describe('hostile values', () => {
  const readers = {
    Reason: readReasons, Privacy: readPrivacy, 'History-Info': readHistoryInfo, RSeq: readRseq, RAck: readRack, Replaces: readReplaces,
    'Target-Dialog': readTargetDialog, 'Refer-To': readReferTo, 'Referred-By': readReferredBy,
  };

  it('give a value or an error of SIP with the name of the field, whatever they are', () => {
    const piece = fc.constantFrom(
      ';', ',', '=', '"', '<', '>', '%', '?', ' ', 'ä', '\\', '1', '1.1', 'a@b', 'sip:a@b',
      'SIP', 'cause', 'index', 'to-tag', 'from-tag', 'Replaces=',
    );
    fc.assert(fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      for (const [name, read] of Object.entries(readers)) {
        try {
          read(of(name, pieces.join('')));
        } catch (error) {
          if (!ProtocolError.is(error) || !error.code.startsWith('SIP_') || error.header !== name) throw error;
        }
      }
    }), { numRuns: 500 });
  });
});
