import { bytesOf, utf8, utf8Text } from '@simple-im/grammar';
import { codeOf, hostileBytes, mutations, valueOrProtocolError } from '@simple-im/testkit';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { buildMessageSummary, parseMessageSummary, type MessageSummary } from '../../src/documents/message-summary.js';
import { vector } from './support.js';

const crlf = (text: string): Uint8Array => utf8(text.replace(/\r?\n/g, '\r\n'));
const read = (text: string): MessageSummary => parseMessageSummary(crlf(text));

describe('message summaries (RFC 3842)', () => {
  it('§3.5: the fragments of the text', () => {
    expect(read('Messages-Waiting: yes\n')).toEqual({ messagesWaiting: true });
    expect(read('Messages-Waiting: yes\nMessage-Account: sip:alice@example.com\nFax-Message: 2/4\nVoice-Message: 1/3 (0/1)\n')).toEqual({
      messagesWaiting: true,
      account: 'sip:alice@example.com',
      classes: [
        { context: 'fax-message', newMessages: 2, oldMessages: 4 },
        { context: 'voice-message', newMessages: 1, oldMessages: 3, urgent: { newMessages: 0, oldMessages: 1 } },
      ],
    });
  });

  it('§4.1: headers of new messages', () => {
    const { classes, messages } = parseMessageSummary(crlf(utf8Text(vector('3842-4-3.txt'))));
    expect(classes).toEqual([{ context: 'voice-message', newMessages: 4, oldMessages: 8, urgent: { newMessages: 1, oldMessages: 2 } }]);
    expect(messages?.map((headers) => new Map(headers).get('Subject')))
      .toEqual(['carpool tomorrow?', 'HELP! at home ill, present for me please']);
    expect(messages?.map((headers) => headers.length)).toEqual([6, 6]);
  });

  it('§5.2: case, blanks and folds do not matter; §3.5: larger counts are 4294967295', () => {
    expect(read('MESSAGES-WAITING :\tNO \nvoice-message: 99999999999 / 0\n (1/1)\n\nSubject: a\n b\n')).toEqual({
      messagesWaiting: false,
      classes: [{ context: 'voice-message', newMessages: 4_294_967_295, oldMessages: 0, urgent: { newMessages: 1, oldMessages: 1 } }],
      messages: [[['Subject', 'a b']]],
    });
  });

  it.each(['', 'Messages-Waiting: maybe\n', 'Voice-Message: 1/2\n', 'Messages-Waiting: yes\nVoice-Message: 1\n',
    'Messages-Waiting: yes\nMessage-Account: <sip:a@b>\n', 'Messages-Waiting: yes\nVoice-Message: -1/2\n', '__proto__',
    'Messages-Waiting: yesno\n',
  ])('refuses %j', (text) => expect(codeOf(() => read(text))).toBe('MESSAGE_SUMMARY_SYNTAX'));

  it('says where the grammar is not followed, in octets', () => {
    expect(() => read('Messages-Waiting: yes\nFax-Message: x\n')).toThrow(expect.objectContaining({ offset: 36 }));
  });

  it('has limits', () => {
    const long = bytesOf(`Messages-Waiting: yes\r\n${'Fax-Message: 1/1\r\n'.repeat(10)}`);
    expect(codeOf(() => parseMessageSummary(long, { maxOctets: 100 }))).toBe('MESSAGE_SUMMARY_TOO_LARGE');
    expect(codeOf(() => parseMessageSummary(long, { maxLines: 10 }))).toBe('MESSAGE_SUMMARY_TOO_MANY_LINES');
    expect(parseMessageSummary(long, { maxLines: 11 }).classes).toHaveLength(10);
  });

  it.each([
    [{ messagesWaiting: true, account: '<sip:a@b>' }],
    [{ messagesWaiting: true, classes: [{ context: 'a b', newMessages: 0, oldMessages: 0 }] }],
    [{ messagesWaiting: true, classes: [{ context: 'none', newMessages: -1, oldMessages: 0 }] }],
    [{ messagesWaiting: true, messages: [[['Subject', 'a\r\nEvil: b']]] }],
    [{ messagesWaiting: true, messages: [[]] }],
  ] as const)('does not write %j', (summary) => expect(codeOf(() => buildMessageSummary(summary))).toBe('MESSAGE_SUMMARY_UNWRITABLE'));

  it('what is written is read the same', () => {
    const count = fc.nat({ max: 4_294_967_295 });
    const counts = { newMessages: count, oldMessages: count };
    const name = fc.constantFrom('voice-message', 'fax-message', 'pager-message', 'x-1');
    const word = fc.string({ unit: fc.constantFrom('a', 'Z', '/', ':', 'ä', '"'), minLength: 1, maxLength: 8 });
    const summary = fc.record({
      messagesWaiting: fc.boolean(),
      account: fc.constantFrom('sip:a@b', 'sips:a:b@c;d=e?f=g', 'tel:+1'),
      classes: fc.array(fc.record({ context: name, ...counts, urgent: fc.record(counts) },
        { requiredKeys: ['context', 'newMessages', 'oldMessages'] }), { minLength: 1 }),
      messages: fc.array(fc.array(fc.tuple(fc.constantFrom('To', 'Subject'), word), { minLength: 1, maxLength: 3 }),
        { minLength: 1, maxLength: 3 }),
    }, { requiredKeys: ['messagesWaiting'] });
    fc.assert(fc.property(summary, (value) => void expect(parseMessageSummary(buildMessageSummary(value))).toEqual(value)));
  });

  it('hostile input gives a value or a ProtocolError', () => {
    const sample = crlf(utf8Text(vector('3842-4-3.txt')));
    fc.assert(fc.property(fc.oneof(mutations([sample]), hostileBytes()), (bytes) =>
      void valueOrProtocolError(() => parseMessageSummary(bytes))));
  });
});
