/* Messages in the common format (RFC 3862) with what asks for notifications and what they look like (RFC 5438). */

/** Asks for a notification of delivery; header names, escapes and octets as no one would write them anew. */
export const cpim = [
  'From: "\\u00c9lise \\"A.\\"" <im:alice@example.com>', 'To: <im:bob@example.com>', 'DateTime: 2006-04-04T12:16:49-05:00',
  'Subject:;lang=fr beaucoup de mots', 'NS: imdn <urn:ietf:params:imdn>', 'NS: x <urn:example:conformance>',
  'imdn.Message-ID: 34jk324j', 'imdn.Disposition-Notification: positive-delivery, negative-delivery', 'x.Other: kept  as it is',
  '', 'Content-type: text/plain; charset=utf-8', 'Content-ID: <1234567890@example.invalid>', '', 'Gr\xc3\xbc\xc3\x9fe\r\n\r\n.\n',
].join('\r\n');

/** The notification about it (RFC 5438 §7.2.1.1, §11). */
export const imdn = [
  'From: Bob <im:bob@example.com>', 'To: Alice <im:alice@example.com>', 'NS: imdn <urn:ietf:params:imdn>', 'imdn.Message-ID: d834jied93rf',
  '', 'Content-type: message/imdn+xml', 'Content-Disposition: notification', '',
  '<?xml version="1.0" encoding="UTF-8"?>\n<imdn xmlns="urn:ietf:params:xml:ns:imdn">\n\t<message-id>34jk324j</message-id>'
  + '\n\t<datetime>2006-04-04T12:16:50-05:00</datetime>\n\t<recipient-uri>im:bob@example.com</recipient-uri>'
  + '\n\t<delivery-notification><status><delivered/></status></delivery-notification>\n</imdn>\n',
].join('\r\n');

/** The message without what an intermediary may add to have notifications come back through it (RFC 5438 §8). */
export function withoutRoutes(body: string): string {
  return body.replace(/^[\w.]*IMDN-(?:Record-)?Route: [^\r]*\r\n/gm, '');
}
