// The watchers of the benches: the octets they send.
const BODY = `<?xml version="1.0" encoding="UTF-8"?>\n<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@example.com">${
  '<tuple id="a1232"><status><basic>open</basic></status><contact>sip:alice@example.com</contact></tuple>'.repeat(5)}</presence>`;
const encoder = new TextEncoder();

export const RESOURCE = 'sip:alice@example.com';

let revision = 0;
export const eventPackage = {
  name: 'presence',
  defaultExpires: 3600,
  contentTypes: ['application/pidf+xml'],
  minInterval: 0,
  fullState: () => ({ contentType: 'application/pidf+xml', body: encoder.encode(`${BODY}<!-- ${(revision += 1)} -->`) }),
  view: () => '',
};

export function subscribe(number) {
  return encoder.encode([
    `SUBSCRIBE ${RESOURCE} SIP/2.0`, `Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK${number}-0123456789`, 'Max-Forwards: 70',
    `From: "Watcher ${number}" <sip:watcher${number}@example.com>;tag=a1b2c3d4${number}`, `To: <${RESOURCE}>`, `Call-ID: 0123456789abcdef-${number}@192.0.2.2`,
    'CSeq: 1 SUBSCRIBE', `Contact: <sip:watcher${number}@192.0.2.2>`, 'Event: presence', 'Accept: application/pidf+xml', 'Expires: 3600', 'Content-Length: 0', '', '',
  ].join('\r\n'));
}

/** A 200 with the fields of a NOTIFY that it must have, found without reading the rest. */
export function answerTo(bytes) {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).latin1Slice(0, bytes.length).split('\r\n\r\n', 1)[0];
  const fields = head.split('\r\n').filter((line) => /^(?:Via|From|To|Call-ID|CSeq):/.test(line));
  return Buffer.from(`SIP/2.0 200 OK\r\n${fields.join('\r\n')}\r\nContent-Length: 0\r\n\r\n`, 'latin1');
}
