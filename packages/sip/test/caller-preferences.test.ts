import fc from 'fast-check';
import { parseNameAddr, parseParams, ProtocolError, textToByteString } from '@simple-im/grammar';
import { codeOf } from '@simple-im/testkit';
import { describe, expect, it } from 'vitest';
import { buildRequest, byCallerPreferences, callerPreferences, Contact, featureSetOf, featureSetsMatch } from '../src/index.js';

/** A contact by its Contact value, named by the user part of its URI. */
function contact(value: string) {
  const read = new Contact(parseNameAddr(value));
  return { name: /sip:(\w+)/.exec(read.uriText)?.[1] ?? '', features: featureSetOf(read.params), q: read.q ?? 1 };
}

function request(headers: [string, string][], method = 'INVITE') {
  const to = 'sip:user@example.com';
  return buildRequest({ method, uri: to, from: '<sip:a@example.com>;tag=1', to: `<${to}>`, callId: 'c', cseq: 1, headers });
}

function order(contacts: string[], headers: [string, string][], method = 'INVITE'): string[][] {
  const groups = byCallerPreferences(contacts.map(contact), callerPreferences(request(headers, method)));
  return groups.map((group) => group.map(({ name }) => name));
}

const features = (text: string) => featureSetOf(parseParams(text));

describe('feature parameters (RFC 3840)', () => {
  it('reads the example of §5', () => {
    const set = features(
      ';mobility="fixed";events="!presence,message-summary";language="en,de";description="<PC>";+sip.newparam;+rangeparam="#-4:+5.125"',
    );
    expect(set.get('mobility')).toEqual([{ kind: 'token', text: 'fixed', negated: false }]);
    expect(set.get('events')).toEqual([
      { kind: 'token', text: 'presence', negated: true },
      { kind: 'token', text: 'message-summary', negated: false },
    ]);
    expect(set.get('description')).toEqual([{ kind: 'string', text: 'PC', negated: false }]);
    expect(set.get('+sip.newparam')).toEqual([{ kind: 'token', text: 'true', negated: false }]);
    expect(set.get('+rangeparam')).toEqual([{ kind: 'number', least: -4, most: 5.125, negated: false }]);
  });

  it('takes base tags and what begins with a plus sign, nothing else (RFC 3841 §7.2.3)', () => {
    const set = features(';audio;video;mobility="fixed";+sip.message="TRUE";other-param=66372;q=0.5;expires=60;+audio="FALSE"');
    expect([...set.keys()]).toEqual(['audio', 'video', 'mobility', '+sip.message']);
  });

  it.each([
    ['the same token in another case', ';class="business"', ';class="BUSINESS"', true],
    ['one token of several', ';methods="INVITE,BYE"', ';methods="BYE"', true],
    ['another token', ';class="business"', ';class="personal"', false],
    ['a tag that only one names', ';audio', ';video', true],
    ['TRUE and FALSE', ';audio', ';audio="FALSE"', false],
    ['FALSE and not TRUE', ';audio="!TRUE"', ';audio="FALSE"', true],
    ['a token that is negated', ';mobility="!fixed"', ';mobility="fixed"', false],
    ['two negations', ';mobility="!fixed"', ';mobility="!mobile"', true],
    ['the same string in brackets', ';description="<PC>"', ';description="<PC>"', true],
    ['a string in another case', ';description="<PC>"', ';description="<pc>"', false],
    ['a string and a token', ';description="<PC>"', ';description="PC"', false],
    ['a number within a range', ';+n="#=5"', ';+n="#1:10"', true],
    ['a number outside', ';+n="#>=11"', ';+n="#1:10"', false],
    ['ranges that touch', ';+n="#<=1"', ';+n="#1:10"', true],
    ['all but the range', ';+n="!#1:10"', ';+n="#=5"', false],
    ['all but the range, partly', ';+n="!#1:10"', ';+n="#5:11"', true],
    ['an ICSI as it is sent', ';+g.3gpp.icsi-ref="urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.session"',
      ';+g.3gpp.icsi-ref="urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.msg,URN%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.session"', true],
    ['a whole name, not the beginning of one', ';+g.oma.sip-im;+x="a"', ';+g.oma.sip-im.large-message;+x="b"', false],
    ['a value that follows no grammar', ';+x="a b"', ';+x="a b"', true],
  ])('matches %s', (_, a, b, outcome) => {
    expect(featureSetsMatch(features(a), features(b))).toBe(outcome);
    expect(featureSetsMatch(features(b), features(a))).toBe(outcome);
  });

  it('is a value for any text, and __proto__ is a text like others', () => {
    expect(featureSetsMatch(features(';+x="__proto__"'), features(';+x="__proto__"'))).toBe(true);
    fc.assert(fc.property(fc.string({ maxLength: 60 }), (text) => {
      const params = parseParams(';+x').with('+x', textToByteString(text.replace(/[\r\n\0]/g, ' ')));
      expect(featureSetsMatch(featureSetOf(params), featureSetOf(params))).toBeTypeOf('boolean');
    }), { numRuns: 500 });
  });
});

describe('caller preferences (RFC 3841)', () => {
  it('orders the contacts of the example in §7.2.5', () => {
    expect(order(
      [
        '<sip:u1@h.example.com>;audio;video;methods="INVITE,BYE";q=0.2',
        '<sip:u2@h.example.com>;audio="FALSE";methods="INVITE";actor="msg-taker";q=0.2',
        '<sip:u3@h.example.com>;audio;actor="msg-taker";methods="INVITE";video;q=0.3',
        '<sip:u4@h.example.com>;audio;methods="INVITE,OPTIONS";q=0.2',
        '<sip:u5@h.example.com>;q=0.5',
      ],
      [
        ['Reject-Contact', '*;actor="msg-taker";video'],
        ['Accept-Contact', '*;audio;require'],
        ['Accept-Contact', '*;video;explicit, *;methods="BYE";class="business";q=1.0'],
      ],
    )).toEqual([['u5'], ['u1'], ['u4']]);
  });

  const phone = '<sip:phone@h.example.com>;audio;+g.3gpp.smsip';
  const messenger = '<sip:messenger@h.example.com>;+g.oma.sip-im';
  const plain = '<sip:plain@h.example.com>';

  it('merely ranks without require and explicit (§7.2.4)', () => {
    expect(order([phone, messenger], [['Accept-Contact', '*;+g.oma.sip-im']])).toEqual([['messenger'], ['phone']]);
  });

  it('leaves out who did not say it has the feature with require and explicit; who said nothing is immune (§7.2.3, figure 1)', () => {
    expect(order([phone, messenger, plain], [['Accept-Contact', '*;+g.oma.sip-im;require;explicit']])).toEqual([['messenger', 'plain']]);
    expect(order([phone], [['Accept-Contact', '*;+g.oma.sip-im;require;explicit']])).toEqual([]);
  });

  it('leaves out only who says otherwise with require alone (§7.2.4)', () => {
    const silent = '<sip:silent@h.example.com>;+g.oma.sip-im="FALSE"';
    expect(order([silent, phone, messenger], [['Accept-Contact', '*;+g.oma.sip-im;require']])).toEqual([['messenger'], ['phone']]);
  });

  it('rejects a contact only for what it names itself (§7.2.4)', () => {
    expect(order([phone, messenger, plain], [['Reject-Contact', '*;audio']])).toEqual([['messenger', 'plain']]);
    expect(order([phone, messenger], [['Reject-Contact', '*;audio;mobility="fixed"']]).flat()).toContain('phone');
  });

  it("keeps the callee's order in front of the caller's (§7.2.4)", () => {
    expect(order([`${phone};q=0.9`, `${messenger};q=0.3`], [['Accept-Contact', '*;+g.oma.sip-im']])).toEqual([['phone'], ['messenger']]);
  });

  it('prefers who takes the method when nothing is asked for, and everybody when nobody does (§7.2.2.1, §7.2.4)', () => {
    const caller = '<sip:caller@h.example.com>;methods="INVITE,BYE"';
    const texter = '<sip:texter@h.example.com>;methods="MESSAGE"';
    expect(order([caller, texter], [], 'MESSAGE')).toEqual([['texter']]);
    expect(order([caller], [], 'MESSAGE')).toEqual([['caller']]);
  });

  it('prefers who takes the event package of a SUBSCRIBE (§7.2.2.2)', () => {
    const watcher = '<sip:watcher@h.example.com>;events="presence"';
    const other = '<sip:other@h.example.com>;events="dialog"';
    expect(order([other, watcher], [['Event', 'presence;id=1']], 'SUBSCRIBE')).toEqual([['watcher']]);
  });

  it('reads the compact forms (§9.2)', () => {
    expect(order([phone, messenger], [['a', '*;+g.oma.sip-im;require;explicit']])).toEqual([['messenger']]);
    expect(order([phone, messenger], [['j', '*;audio']])).toEqual([['messenger']]);
  });

  it('refuses a value that does not begin with * and one with a feature twice, with 400', () => {
    for (const value of ['<sip:a@b>;audio', '*;audio;audio', '*;;']) {
      expect(codeOf(() => callerPreferences(request([['Accept-Contact', value]])))).toBe('SIP_BAD_HEADER');
    }
  });

  it('refuses more than 32 values with 400', () => {
    const many = Array.from({ length: 33 }, () => '*;audio').join(',');
    const refused = (() => {
      try {
        callerPreferences(request([['Accept-Contact', many]]));
      } catch (error) {
        return error;
      }
    })();
    expect(ProtocolError.is(refused) && [refused.code, refused.status]).toEqual(['SIP_TOO_MANY_PREFERENCES', 400]);
  });
});
