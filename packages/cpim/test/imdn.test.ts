import { bytesOf, byteString, utf8, utf8Text } from '@simple-im/grammar';
import { codeOf, mutations, valueOrProtocolError, vectors } from '@simple-im/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addRecordRoute, asksFor, decodeCpim, encodeCpim, IMDN_HEADERS, isNotification, makeCpim, makeMessageId, messageIdOf, notificationTarget, notifyRequests,
  originalTo, popRoute, recordRoutes, requestNotifications, rewriteTo, routes, type CpimMessage,
} from '../src/index.js';
import {
  aggregateNotifications, buildImdn, imdnRoles, imdnStatuses, notificationFor, notificationOf, parseImdn, withoutRecipients, type ImdnDocument, type ImdnKind, type ImdnStatus,
  type NotificationParts,
} from '../src/imdn.js';
import { octets, written } from './helpers.js';

const files = vectors(new URL('vectors/', import.meta.url), '.cpim').filter(({ name }) => name.startsWith('rfc5438'));
const file = (section: string): Uint8Array => files.find(({ name }) => name === `rfc5438-${section}.cpim`)?.bytes as Uint8Array;
const NS = 'NS: imdn <urn:ietf:params:imdn>';

/** The vector with the blank line that RFC 3862 §2 has before the MIME headers. */
const separated = (section: string): Uint8Array => bytesOf(byteString(file(section)).replace('\r\nContent-type:', '\r\n\r\nContent-type:'));

const about: Omit<ImdnDocument, 'kind' | 'status'> = {
  messageId: '34jk324j', dateTime: '2008-04-04T12:16:49-05:00', recipientUri: 'im:bob@example.com', originalRecipientUri: 'im:bob@example.com',
};

describe('the examples of RFC 5438', () => {
  const readings = [
    ['as printed, by the liberal', (section: string) => decodeCpim(file(section), { liberal: true })],
    ['with the blank line of RFC 3862 §2', (section: string) => decodeCpim(separated(section))],
  ] as const;

  it.each(readings)('%s', (_, read) => {
    const message = read('7.1.1.3');
    expect([messageIdOf(message), message.dateTime?.text]).toEqual(['34jk324j', '2006-04-04T12:16:49-05:00']);
    expect(notifyRequests(message).map(({ value }) => value)).toEqual(['positive-delivery', 'negative-delivery']);
    expect([message.mediaType, utf8Text(message.body).trim(), isNotification(message)]).toEqual(['text/plain', 'Hello World', false]);

    for (const [section, id, kind, status] of [
      ['7.2.1.1', 'd834jied93rf', 'delivery', 'delivered'], ['7.2.1.2', 'dfjkleriou432333', 'display', 'displayed'], ['8.1', undefined, 'processing', 'processed'],
    ] as const) {
      const imdn = read(section);
      expect([imdn.from?.uri, imdn.to[0]?.uri, messageIdOf(imdn), isNotification(imdn)]).toEqual(['im:bob@example.com', 'im:alice@example.com', id, true]);
      expect(notificationOf(imdn)).toEqual({ ...about, kind, status });
    }
  });

  it.each(readings)('%s: aggregated notifications (§8.3)', (_, read) => {
    const message = read('8.3');
    expect([message.mediaType, isNotification(message)]).toEqual(['multipart/mixed', true]);
    expect(codeOf(() => notificationOf(message))).toBe('IMDN_BAD_DOCUMENT');
    const parts = utf8Text(message.body).split(/--imdn-boundary\r\n/).slice(1, -1).map((part) => part.slice(part.indexOf('\r\n\r\n') + 4, part.indexOf('</imdn>') + 7));
    expect(parts.map((part) => parseImdn(utf8(part)))).toEqual([{ ...about, kind: 'delivery', status: 'delivered' }, { ...about, kind: 'display', status: 'displayed' }]);
  });

  it('are refused as printed by the strict, who take Content-type for a message header', () => {
    for (const { bytes } of files) expect(codeOf(() => decodeCpim(bytes))).not.toBe('nothing thrown');
  });

  it('do not make the liberal misread a message with its blank line', () => {
    const bytes = octets(['From: <im:a@b>', 'Content-type: Message/CPIM'], ['Content-Type: text/html']);
    const message = decodeCpim(bytes, { liberal: true });
    expect([message.mediaType, utf8Text(message.body)]).toEqual(['text/html', 'Hi']);
    expect(encodeCpim(message)).toEqual(bytes);
  });
});

describe('the document (RFC 5438 §11)', () => {
  const kinds = Object.keys(imdnStatuses) as ImdnKind[];

  it('carries every status of every kind', () => {
    for (const kind of kinds) {
      for (const status of imdnStatuses[kind]) {
        const document: ImdnDocument = { ...about, subject: { text: 'a <b> & "c"', lang: 'fr' }, kind, status };
        expect(parseImdn(buildImdn(document))).toEqual(document);
      }
    }
  });

  it('is written as in §7.2.1.1', () => {
    expect(utf8Text(buildImdn({ ...about, kind: 'delivery', status: 'delivered' }))).toBe('<?xml version="1.0" encoding="UTF-8"?><imdn xmlns="urn:ietf:params:xml:ns:imdn">'
      + '<message-id>34jk324j</message-id><datetime>2008-04-04T12:16:49-05:00</datetime><recipient-uri>im:bob@example.com</recipient-uri>'
      + '<original-recipient-uri>im:bob@example.com</original-recipient-uri><delivery-notification><status><delivered/></status></delivery-notification></imdn>');
  });

  it('has both URIs or neither (§11.1.9)', () => {
    const { originalRecipientUri: _, ...one } = about;
    expect(parseImdn(buildImdn({ ...one, kind: 'display', status: 'displayed' })).originalRecipientUri).toBe('im:bob@example.com');
    const none = withoutRecipients({ ...about, kind: 'display', status: 'displayed' });
    expect(utf8Text(buildImdn(none))).not.toContain('bob');
    expect(parseImdn(buildImdn(none))).toEqual(none);
  });

  it.each<[ImdnKind, ImdnStatus]>([['delivery', 'displayed'], ['delivery', 'stored'], ['processing', 'delivered'], ['processing', 'failed'], ['display', 'failed']])(
    'is not written with %s %s (§11.1.7)', (kind, status) => {
      expect(codeOf(() => buildImdn({ ...about, kind, status }))).toBe('IMDN_BAD_STATUS');
    });

  const document = (content: string, root = 'imdn xmlns="urn:ietf:params:xml:ns:imdn"') => parseImdn(utf8(
    `<${root}><message-id> m </message-id><datetime>d</datetime>${content}</${root.split(' ')[0]}>`));

  it.each([['failed'], ['error']])('is read with %s of a processing notification, as it is sent in the field', (status) => {
    expect(document(`<processing-notification><status><${status}/></status></processing-notification>`)).toEqual({ messageId: 'm', dateTime: 'd', kind: 'processing', status });
  });

  it('is read with what extends it, and with one URI', () => {
    expect(document('<recipient-uri>im:a@b</recipient-uri><x:y xmlns:x="urn:x"><z/></x:y><display-notification><status><displayed/><x xmlns="urn:x"/></status></display-notification>'))
      .toEqual({ messageId: 'm', dateTime: 'd', recipientUri: 'im:a@b', kind: 'display', status: 'displayed' });
    expect(document('<delivery-notification><status><x xmlns="urn:x"/></status></delivery-notification>').status).toBe('extension');
  });

  it.each([
    ['no notification', ''],
    ['two kinds', '<delivery-notification><status><failed/></status></delivery-notification><display-notification><status><error/></status></display-notification>'],
    ['no status', '<delivery-notification/>'],
    ['an empty status', '<delivery-notification><status/></delivery-notification>'],
    ['two statuses', '<delivery-notification><status><failed/><error/></status></delivery-notification>'],
    ['the status of another kind', '<delivery-notification><status><displayed/></status></delivery-notification>'],
    ['a status called like a property of every object', '<delivery-notification><status><constructor/></status></delivery-notification>'],
  ])('is refused with %s', (_, content) => {
    expect(codeOf(() => document(content))).toBe('IMDN_BAD_DOCUMENT');
  });

  it('is refused in another namespace, without its identifiers, and as no XML', () => {
    const content = '<delivery-notification><status><failed/></status></delivery-notification>';
    expect(codeOf(() => document(content, 'imdn xmlns="urn:ietf:params:imdn"'))).toBe('IMDN_BAD_DOCUMENT');
    expect(codeOf(() => parseImdn(utf8(`<imdn xmlns="urn:ietf:params:xml:ns:imdn">${content}</imdn>`)))).toBe('IMDN_BAD_DOCUMENT');
    expect(codeOf(() => parseImdn(utf8('<!DOCTYPE imdn><imdn/>')))).toBe('XML_DOCTYPE');
  });
});

describe('Message-ID (§6.3)', () => {
  it('takes 64 bits of randomness at least', () => {
    expect(makeMessageId(new Uint8Array([0, 1, 2, 3, 4, 5, 6, 255]))).toBe('00010203040506ff');
    expect(codeOf(() => makeMessageId(new Uint8Array(7)))).toBe('IMDN_WEAK_RANDOM');
  });

  it('is a token', () => {
    expect(codeOf(() => messageIdOf(decodeCpim(octets([NS, 'imdn.Message-ID: a@b']))))).toBe('CPIM_BAD_VALUE');
    expect(messageIdOf(decodeCpim(octets([NS, 'imdn.Message-ID: a@b']), { liberal: true }))).toBe('a@b');
    expect(messageIdOf(decodeCpim(octets(['imdn.Message-ID: a']), { liberal: true }))).toBe('a');
  });
});

const plain = () => makeCpim({ from: { uri: 'im:alice@example.com' }, to: { uri: 'im:bob@example.com' }, contentType: 'text/plain', body: utf8('Hi') });
const asking = (...requests: Parameters<typeof requestNotifications>[1]) => requestNotifications(plain(), requests, { messageId: 'm1', dateTime: 0 });

describe('asking for notifications (§7.1.1)', () => {
  it('writes Disposition-Notification, Message-ID and DateTime', () => {
    expect(written(asking('positive-delivery', 'display'))).toBe([
      'From: <im:alice@example.com>', 'To: <im:bob@example.com>', NS, 'imdn.Message-ID: m1', 'DateTime: 1970-01-01T00:00:00Z',
      'imdn.Disposition-Notification: positive-delivery, display', '', 'Content-Type: text/plain', '', 'Hi',
    ].join('\r\n'));
  });

  it('keeps the Message-ID and DateTime that are there', () => {
    const again = requestNotifications(asking('display'), ['processing'], { messageId: 'other', dateTime: 1 });
    expect([messageIdOf(again), again.dateTime?.time, notifyRequests(again).map(({ value }) => value)]).toEqual(['m1', 0, ['processing']]);
  });

  it('needs both', () => {
    expect(codeOf(() => requestNotifications(plain(), ['display'], { dateTime: 0 }))).toBe('IMDN_INCOMPLETE_REQUEST');
    expect(codeOf(() => requestNotifications(plain(), ['display'], { messageId: 'm' }))).toBe('IMDN_INCOMPLETE_REQUEST');
    expect(codeOf(() => requestNotifications(plain(), ['display'], { messageId: 'm m', dateTime: 0 }))).toBe('CPIM_UNENCODABLE');
  });

  it('is read with parameters and values nobody knows (§10)', () => {
    const message = decodeCpim(octets([NS, 'imdn.Disposition-Notification: display ; x=1;y="z" , later,processing']));
    expect(notifyRequests(message)).toEqual([
      { value: 'display', parameters: [{ name: 'x', value: '1' }, { name: 'y', value: 'z' }] }, { value: 'later', parameters: [] }, { value: 'processing', parameters: [] },
    ]);
    expect([asksFor(message, 'processing'), asksFor(message, 'positive-delivery')]).toEqual([true, false]);
    expect(notifyRequests(decodeCpim(octets([NS, 'imdn.Disposition-Notification: '])))).toEqual([]);
  });
});

describe('notifications (§7.2.1)', () => {
  const parts: NotificationParts = { role: 'recipient', kind: 'delivery', status: 'delivered', dateTime: 1000, messageId: 'n1' };

  it('go from the recipient to the sender', () => {
    const imdn = decodeCpim(encodeCpim(notificationFor(asking('positive-delivery'), parts)));
    expect(imdn.headers.map(({ line }) => line)).toEqual([
      'From: <im:bob@example.com>', 'To: <im:alice@example.com>', 'DateTime: 1970-01-01T00:00:01Z', NS, 'imdn.Message-ID: n1',
    ]);
    expect(imdn.entityHeaders.map(({ line }) => line)).toEqual(['Content-Type: message/imdn+xml', 'Content-Disposition: notification']);
    expect(notificationOf(imdn)).toEqual({
      messageId: 'm1', dateTime: '1970-01-01T00:00:00Z', recipientUri: 'im:bob@example.com', originalRecipientUri: 'im:bob@example.com', kind: 'delivery', status: 'delivered',
    });
    expect(notificationTarget(imdn)?.uri).toBe('im:alice@example.com');
  });

  it('say the original recipient and the subject', () => {
    const original = rewriteTo(decodeCpim(octets(['From: <im:a@b>', 'To: L <im:list@b>', 'DateTime: 2001-02-01T12:16:49-05:00', 'Subject: \\u0000', 'Subject:;lang=fr é',
      NS, 'imdn.Message-ID: m', 'imdn.Disposition-Notification: display'])), { uri: 'im:member@b' });
    expect(notificationOf(notificationFor(original, { ...parts, kind: 'display', status: 'displayed' }))).toMatchObject({
      recipientUri: 'im:member@b', originalRecipientUri: 'im:list@b', dateTime: '2001-02-01T12:16:49-05:00', subject: { text: 'é', lang: 'fr' },
    });
    const hidden = notificationFor(original, { ...parts, kind: 'display', status: 'displayed', recipientUri: null, from: { uri: 'im:list@b' } });
    expect(written(hidden)).not.toContain('member');
  });

  it('take the routes that were recorded, as they came and in their order', () => {
    const original = addRecordRoute(addRecordRoute(asking('positive-delivery'), { uri: 'im:first@x' }), { name: 'Top', uri: 'im:second@x' });
    const imdn = notificationFor(original, parts);
    expect(routes(imdn).map(({ uri }) => uri)).toEqual(['im:second@x', 'im:first@x']);
    expect(recordRoutes(imdn)).toEqual([]);
    const atSecond = popRoute(imdn, (uri) => uri === 'im:second@x');
    const atFirst = popRoute(atSecond, (uri) => uri === 'im:first@x');
    expect([imdn, atSecond, atFirst].map((one) => notificationTarget(one)?.uri)).toEqual(['im:second@x', 'im:first@x', 'im:alice@example.com']);
    expect(popRoute(imdn, (uri) => uri === 'im:first@x')).toBe(imdn);
  });

  it('are never made for a notification and never ask for one', () => {
    const imdn = notificationFor(asking('positive-delivery'), parts);
    expect(codeOf(() => notificationFor(imdn, parts))).toBe('IMDN_FOR_IMDN');
    expect(codeOf(() => requestNotifications(imdn, ['display'], { messageId: 'm', dateTime: 0 }))).toBe('IMDN_FOR_IMDN');
    const demanding = decodeCpim(octets([NS, 'imdn.Disposition-Notification: display', 'imdn.IMDN-Record-Route: <im:x@y>'], ['Content-Type: message/imdn+xml']));
    expect([asksFor(demanding, 'display'), recordRoutes(demanding)]).toEqual([false, []]);
    const aggregated = decodeCpim(octets([], ['Content-Type: multipart/mixed;boundary=b', 'Content-Disposition: Notification']));
    expect(codeOf(() => notificationFor(aggregated, parts))).toBe('IMDN_FOR_IMDN');
  });

  it('are put into one by a URI-list server, without its members where these are not disclosed (§8, §8.3)', () => {
    const singles = ['im:bob@example.com', 'im:carol@example.com'].map((recipientUri, index) => notificationFor(addRecordRoute(asking('positive-delivery'), { uri: 'im:proxy@x' }), { ...parts, recipientUri, messageId: `single-${index}` }));
    const list = { from: { uri: 'im:list@example.com' }, dateTime: 0, messageId: 'aggregate0123456' };
    const open = decodeCpim(encodeCpim(aggregateNotifications(singles, list)));
    expect([isNotification(open), open.mediaType, notificationTarget(open)?.uri, messageIdOf(open)]).toEqual([true, 'multipart/mixed', 'im:proxy@x', 'aggregate0123456']);
    const documents = (message: CpimMessage): ImdnDocument[] => byteString(message.body).split(/--imdn-aggregate0123456(?:--)?\r\n/).slice(1, -1)
      .map((part) => parseImdn(bytesOf(part.slice(part.indexOf('\r\n\r\n') + 4, -2))));
    expect(documents(open)).toEqual(singles.map(notificationOf));
    expect(documents(open).map(({ recipientUri }) => recipientUri)).toEqual(['im:bob@example.com', 'im:carol@example.com']);
    const closed = aggregateNotifications(singles, { ...list, hideRecipients: true });
    expect(documents(closed)).toEqual(singles.map((one) => withoutRecipients(notificationOf(one))));
    expect(byteString(closed.body)).not.toMatch(/bob|carol/);
    expect(codeOf(() => aggregateNotifications([], list))).toBe('CPIM_UNENCODABLE');
    expect(codeOf(() => aggregateNotifications([open], list))).toBe('IMDN_BAD_DOCUMENT');
    expect(codeOf(() => notificationFor(open, parts))).toBe('IMDN_FOR_IMDN');
  });

  it('are made only when they are asked for (§7.1.1.3)', () => {
    const cases: [NotificationParts['kind'], ImdnStatus, CpimMessage, string][] = [
      ['delivery', 'delivered', asking('negative-delivery', 'display'), 'IMDN_NOT_REQUESTED'],
      ['delivery', 'failed', asking('positive-delivery'), 'IMDN_NOT_REQUESTED'],
      ['delivery', 'failed', asking('negative-delivery'), 'nothing thrown'],
      ['delivery', 'forbidden', asking('positive-delivery'), 'nothing thrown'],
      ['display', 'displayed', asking('positive-delivery'), 'IMDN_NOT_REQUESTED'],
      ['display', 'displayed', asking('display'), 'nothing thrown'],
      ['delivery', 'delivered', asking(), 'IMDN_NOT_REQUESTED'],
    ];
    for (const [kind, status, original, code] of cases) expect([kind, status, codeOf(() => notificationFor(original, { ...parts, kind, status }))]).toEqual([kind, status, code]);
  });

  it('report what the role may report (§7.2.1, §8.1, §12.2)', () => {
    const original = asking('positive-delivery', 'negative-delivery', 'processing', 'display');
    for (const role of ['recipient', 'intermediary'] as const) {
      for (const kind of Object.keys(imdnStatuses) as ImdnKind[]) {
        for (const status of imdnStatuses[kind]) {
          const expected = imdnRoles[role][kind].includes(status) ? 'nothing thrown' : 'IMDN_NOT_ALLOWED';
          expect([role, kind, status, codeOf(() => notificationFor(original, { ...parts, role, kind, status }))]).toEqual([role, kind, status, expected]);
        }
      }
    }
    expect(codeOf(() => notificationFor(original, { ...parts, kind: 'processing', status: 'stored' }))).toBe('IMDN_NOT_ALLOWED');
    expect(codeOf(() => notificationFor(original, { ...parts, role: 'intermediary' }))).toBe('IMDN_NOT_ALLOWED');
    expect(codeOf(() => notificationFor(original, { ...parts, status: 'displayed' }))).toBe('IMDN_BAD_STATUS');
  });

  it('need what identifies the message (§7.1.1)', () => {
    const lines = ['From: <im:a@b>', 'To: <im:c@d>', 'DateTime: 2001-02-01T12:16:49Z', NS, 'imdn.Message-ID: m', 'imdn.Disposition-Notification: positive-delivery'];
    for (const missing of [0, 1, 2, 4]) {
      const original = decodeCpim(octets(lines.filter((_, index) => index !== missing)));
      expect([missing, codeOf(() => notificationFor(original, parts))]).toEqual([missing, 'IMDN_INCOMPLETE_REQUEST']);
    }
  });
});

describe('intermediaries (§8)', () => {
  it('say the original To once, and only where notifications are asked for', () => {
    const once = rewriteTo(asking('display'), { uri: 'im:x@y' });
    expect([once.to.map(({ uri }) => uri), originalTo(once)?.uri]).toEqual([['im:x@y'], 'im:bob@example.com']);
    const twice = rewriteTo(once, { uri: 'im:z@y' });
    expect([twice.to[0]?.uri, originalTo(twice)?.uri, twice.all(IMDN_HEADERS, 'Original-To')]).toEqual(['im:z@y', 'im:bob@example.com', expect.objectContaining({ length: 1 })]);
    expect(originalTo(rewriteTo(plain(), { uri: 'im:x@y' }))).toBeUndefined();
    expect(originalTo(rewriteTo(asking('display'), { uri: 'im:x@y' }, true))).toBeUndefined();
  });

  it('record their route on top (§8)', () => {
    const message = addRecordRoute(addRecordRoute(plain(), { uri: 'im:a@x' }), { uri: 'im:b@x' });
    expect(recordRoutes(decodeCpim(encodeCpim(message))).map(({ uri }) => uri)).toEqual(['im:b@x', 'im:a@x']);
  });
});

describe('any input', () => {
  it('gives a value or a ProtocolError', () => {
    fc.assert(fc.property(mutations(files.map(({ bytes }) => bytes)), (bytes) => {
      const outcome = valueOrProtocolError(() => decodeCpim(bytes, { liberal: true }));
      if (!('value' in outcome)) return;
      valueOrProtocolError(() => notificationOf(outcome.value));
      valueOrProtocolError(() => notificationTarget(outcome.value));
      valueOrProtocolError(() => [messageIdOf(outcome.value), notifyRequests(outcome.value), originalTo(outcome.value)]);
      valueOrProtocolError(() => notificationFor(outcome.value, { role: 'recipient', kind: 'delivery', status: 'delivered', dateTime: 0, messageId: 'n' }));
    }), { numRuns: 1000 });
  });
});
