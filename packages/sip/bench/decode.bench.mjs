// Decoding a datagram and reading Via, From, To, Call-ID, CSeq, Contact and Route as values, against npm sip and JsSIP.
import { createRequire } from 'node:module';
import { decodeDatagram } from '../src/index.ts';
import { CASES, message, ratio, report } from './measure.mjs';

const require = createRequire(import.meta.url);
const sip = require('sip');
const Parser = require('jssip/lib/Parser.js');

let sink = 0; // keeps the values alive

function ours(bytes) {
  const m = decodeDatagram(bytes);
  for (const via of m.vias) sink += via.host.length + (via.branch?.length ?? 0) + (via.port ?? 0);
  sink += m.from.uriText.length + m.fromTag.length + m.to.uriText.length + (m.toTag?.length ?? 0);
  sink += m.callId.length + m.cseq.number + m.cseq.method.length;
  for (const contact of m.contacts) sink += contact.uriText.length + contact.params.size;
  for (const route of m.routes) sink += route.uri.host.length + route.uri.params.size;
  sink += m.contentLength + m.body.length;
}

function npmSip(bytes) { // its parser makes all of these values
  const m = sip.parse(bytes);
  for (const via of m.headers.via) sink += via.host.length + (via.params.branch?.length ?? 0) + (via.port ?? 0);
  sink += m.headers.from.uri.length + (m.headers.from.params.tag?.length ?? 0) + m.headers.to.uri.length + (m.headers.to.params.tag?.length ?? 0);
  sink += m.headers['call-id'].length + m.headers.cseq.seq + m.headers.cseq.method.length;
  for (const contact of m.headers.contact ?? []) sink += contact.uri.length;
  for (const route of m.headers.route ?? []) sink += route.uri.host.length;
  sink += m.headers['content-length'] + m.content.length;
}

const ua = { configuration: { jssip_id: 'bench' } };

function jssip(bytes) { // reads From, To, Via and CSeq by itself
  const m = Parser.parseMessage(bytes.toString(), ua);
  sink += m.via.host.length + (m.from_tag?.length ?? 0) + (m.to_tag?.length ?? 0) + m.call_id.length + m.cseq;
  for (let i = 0; i < (m.headers.Via?.length ?? 0); i++) sink += m.parseHeader('via', i).host.length;
  for (let i = 0; i < (m.headers.Contact?.length ?? 0); i++) sink += m.parseHeader('contact', i).uri.host.length;
  for (let i = 0; i < (m.headers.Route?.length ?? 0); i++) sink += m.parseHeader('route', i).uri.host.length;
  sink += m.body.length;
}

for (const name of CASES) {
  const bytes = message(name);
  report('sip decode, typed values, against npm sip 0.0.6', name, ratio(() => ours(bytes), () => npmSip(bytes)), 1.2);
}
for (const name of CASES) {
  const bytes = message(name);
  report('sip decode, typed values, against jssip 3.13.8', name, ratio(() => ours(bytes), () => jssip(bytes)), 20);
}
if (sink === 0) throw new Error('nothing was read');
