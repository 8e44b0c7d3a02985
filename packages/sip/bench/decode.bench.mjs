// Decoding a datagram and reading Via, From, To, Call-ID, CSeq, Contact and Route as values, against npm sip and JsSIP.
import { createRequire } from 'node:module';
import { decodeDatagram, validate } from '../src/index.ts';
import { CASES, message, ratio, report } from './measure.mjs';

const require = createRequire(import.meta.url);
const sip = require('sip');
const Parser = require('jssip/lib/Parser.js');

let sink = 0; // keeps the values alive

function ours(bytes) {
  readUsual(decodeDatagram(bytes));
}

function readUsual(m) {
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
  return m;
}

// What is read lazily costs nothing above: here everything is read that decides where a message goes and whether it may.

function oursForProxy(bytes) {
  const m = decodeDatagram(bytes);
  if (!validate(m).ok) throw new Error('a bench message is not valid');
  readUsual(m);
  sink += m.maxForwards ?? 0;
  if (m.status === undefined) sink += m.parsedUri.text.length;
  for (const route of m.recordRoutes) sink += route.uri.host.length + route.uri.params.size;
  sink += m.proxyRequire().length + m.require().length;
}

function npmSipForProxy(bytes) {
  const m = npmSip(bytes);
  sink += Number(m.headers['max-forwards'] ?? 0);
  if (m.status === undefined) sink += sip.parseUri(m.uri)?.host.length ?? 0;
  for (const route of m.headers['record-route'] ?? []) sink += route.uri.host.length;
  for (const name of ['proxy-require', 'require']) sink += (m.headers[name] ?? '').split(',').length;
  sink += sip.parseUri(m.headers.from.uri)?.host.length ?? 0;
  sink += sip.parseUri(m.headers.to.uri)?.host.length ?? 0;
  for (const contact of m.headers.contact ?? []) sink += sip.parseUri(contact.uri)?.host.length ?? 0;
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
  report('sip decode, typed values, against npm sip 0.0.6', name, ratio(() => ours(bytes), () => npmSip(bytes)), 1.5);
}
for (const name of CASES) {
  const bytes = message(name);
  report('sip decode, all a proxy reads, against npm sip 0.0.6', name, ratio(() => oursForProxy(bytes), () => npmSipForProxy(bytes)), 1.3);
}
for (const name of CASES) {
  const bytes = message(name);
  report('sip decode, typed values, against jssip 3.13.8', name, ratio(() => ours(bytes), () => jssip(bytes)), 20);
}
if (sink === 0) throw new Error('nothing was read');
