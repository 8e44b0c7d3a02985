// Encoding a forwarded request: one Via added, Request-URI changed. Decoding is not counted; each run starts from a copy.
import { createRequire } from 'node:module';
import { decodeDatagram, encode } from '../src/index.ts';
import { CASES, message, ratio, report } from './measure.mjs';

const sip = createRequire(import.meta.url)('sip');
const VIA = { version: '2.0', protocol: 'UDP', host: 'proxy.example.com', port: 5060, params: { branch: 'z9hG4bK0123456789abcdef0123456789abcdef' } };
const VIA_TEXT = 'SIP/2.0/UDP proxy.example.com:5060;branch=z9hG4bK0123456789abcdef0123456789abcdef';

let sink = 0;

for (const name of CASES) {
  const ours = decodeDatagram(message(name));
  const theirs = sip.parse(message(name));
  const isRequest = theirs.method !== undefined;
  report('sip forwarding encode, against npm sip 0.0.6', name, ratio(() => {
    const copy = ours.clone();
    copy.headers.prepend('Via', VIA_TEXT);
    if (isRequest) copy.uri = 'sip:bob@192.0.2.44:5070';
    sink += encode(copy).length;
  }, () => {
    const copy = sip.copyMessage(theirs); // as its own proxy does: headers shared but for Via
    copy.headers.via.unshift(VIA);
    if (isRequest) copy.uri = 'sip:bob@192.0.2.44:5070';
    sink += Buffer.from(sip.stringify(copy), 'latin1').length; // as its transports send it
  }), 3);
}
if (sink === 0) throw new Error('nothing was written');
