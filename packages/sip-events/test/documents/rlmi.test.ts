import { utf8, utf8Text } from '@simple-im/grammar';
import { splitMultipart } from '@simple-im/mime';
import { codeOf, mutations, rng, valueOrProtocolError } from '@simple-im/testkit';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { parsePidf } from '../../src/documents/pidf.js';
import { applyRlmi, buildListNotification, parseListNotification, parseRlmi, type ResourceList } from '../../src/documents/rlmi.js';
import { vector } from './support.js';

const body = (name: string): Uint8Array => utf8(utf8Text(vector(name)).replace(/\n/g, '\r\n'));
const related = (start: string, boundary: string): string =>
  `multipart/related;type="application/rlmi+xml";start="<${start}>";boundary="${boundary}"`;
const step3 = body('4662-6-step3.txt');
const typeOf3 = related('nXYxAE@pres.vancouver.example.com', '50UBfW7LSCVLtggUPe5z');
const step13 = body('4662-6-step13.txt');
const typeOf13 = related('2BEI83@pres.vancouver.example.com', 'TfZxoxgAvLqgj4wRWPDL');

describe('resource list meta-information (RFC 4662)', () => {
  it('§5.1: the example', () => {
    const list = parseRlmi(vector('4662-5.1.xml'));
    expect(list).toMatchObject({ uri: 'sip:adam-friends@lists.vancouver.example.com', version: 7, fullState: true });
    expect(list.names).toEqual([{ text: 'Buddy List', lang: 'en' }, { text: "Liste d'amis", lang: 'fr' }]);
    expect(list.resources.map(({ instances }) => [instances?.[0]?.state, instances?.[0]?.reason, instances?.[0]?.cid])).toEqual([
      ['active', undefined, '12345.aaa@vancouver.example.com'], ['active', undefined, '12345.aab@vancouver.example.com'],
      ['terminated', 'rejected', undefined], ['pending', undefined, undefined],
    ]);
  });

  it('§6 step 3: the list, and the presence of two resources by cid', () => {
    const { list, parts } = parseListNotification(step3, typeOf3);
    expect(list).toMatchObject({ version: 1, fullState: true });
    expect(list.resources.map(({ instances = [] }) => instances.length)).toEqual([1, 1, 0, 0]);
    const presences = list.resources.flatMap(({ instances = [] }) =>
      instances.map(({ cid = '' }) => parsePidf(parts.get(cid)?.body as Uint8Array)));
    expect(presences.map(({ entity, tuples }) => [entity, tuples[0]?.status.basic])).toEqual([
      ['sip:bob@vancouver.example.com', 'open'], ['sip:dave@vancouver.example.com', 'closed'],
    ]);
  });

  it('§6 steps 11 and 13: a list within a signed body, passed on as it is', () => {
    const { list, parts } = parseListNotification(step13, typeOf13);
    expect(list).toMatchObject({ version: 2, fullState: false });
    const signed = parts.get('1KQhyE@pres.vancouver.example.com');
    const [document] = splitMultipart(signed?.body as Uint8Array, signed?.contentType ?? '').parts;
    const inner = parseListNotification(document?.body as Uint8Array, document?.headers.get('Content-Type') ?? '');
    expect(inner.list.resources.map(({ uri }) => uri)).toEqual(['sip:joe@stockholm.example.org', 'sip:mark@stockholm.example.org']);
    expect(parsePidf(inner.parts.get('KKMDmv@stockholm.example.org')?.body as Uint8Array).tuples[0]?.status.basic).toBe('closed');
    const [outer] = splitMultipart(body('4662-6-step11.txt'), 'multipart/signed;boundary="l3WMZaaL8NpQWGnQ4mlU"').parts;
    expect(parseListNotification(outer?.body as Uint8Array, outer?.headers.get('Content-Type') ?? '').list.version).toBe(1);
  });

  it('§5.6: the notifications of §6 in sequence', () => {
    const first = applyRlmi(undefined, parseListNotification(step3, typeOf3).list);
    const second = applyRlmi(first.state, parseListNotification(step13, typeOf13).list);
    expect(second).toMatchObject({ isApplied: true, needsRefresh: false, state: { version: 2, fullState: true } });
    expect(second.state.resources.map(({ instances = [] }) => instances[0]?.state)).toEqual(['active', 'active', 'pending', 'active']);
    const next: ResourceList = { uri: 'sip:l@b', version: 4, fullState: false, resources: [] };
    expect(applyRlmi(second.state, next)).toMatchObject({ isApplied: true, needsRefresh: true });
    expect(applyRlmi(second.state, { ...next, version: 2 })).toEqual({ state: second.state, isApplied: false, needsRefresh: false });
    expect(applyRlmi(second.state, { ...next, fullState: true })).toMatchObject({ needsRefresh: false, state: { resources: [] } });
    expect(codeOf(() => applyRlmi(second.state, { ...next, version: 3 }, { maxEntries: 5 }))).toBe('EVENT_DOCUMENT_TOO_MANY_ENTRIES');
  });

  const list: ResourceList = { uri: 'sip:l@b', version: 1, fullState: true, resources: [
    { uri: 'sip:a@b', names: [{ text: 'A' }], instances: [{ id: '1', state: 'active', cid: 'x@y' }] },
  ] };

  it('what is built is taken apart the same', () => {
    const part = { cid: 'x@y', contentType: 'application/pidf+xml', body: utf8('<presence/>') };
    const built = buildListNotification(list, [part], rng(1));
    expect(built.contentType).toMatch(/^multipart\/related;.*type="application\/rlmi\+xml"/);
    const read = parseListNotification(built.body, built.contentType);
    expect(read.list).toEqual(list);
    expect(read.parts.get('x@y')).toEqual(part);
  });

  it('a cid refers to a part (§5.5)', () => {
    expect(codeOf(() => buildListNotification(list, [], rng(1)))).toBe('RLMI_UNKNOWN_CID');
    const part = { cid: 'x@y', contentType: 'text/plain', body: utf8('') };
    expect(codeOf(() => buildListNotification(list, [part, part], rng(1)))).toBe('RLMI_DUPLICATE_CID');
    const missing = utf8(utf8Text(step3).replace('Content-ID: <ZvSvkz@', 'Content-ID: <other@'));
    expect(codeOf(() => parseListNotification(missing, typeOf3))).toBe('RLMI_UNKNOWN_CID');
    const twice = utf8(utf8Text(step3).replace('Content-ID: <ZvSvkz@', 'Content-ID: <bUZBsM@'));
    expect(codeOf(() => parseListNotification(twice, typeOf3))).toBe('RLMI_DUPLICATE_CID');
  });

  it('the root is the part that start names, and the list (§5.1)', () => {
    expect(codeOf(() => parseListNotification(step3, related('bUZBsM@pres.vancouver.example.com', '50UBfW7LSCVLtggUPe5z'))))
      .toBe('RLMI_NO_ROOT_PART');
    expect(codeOf(() => parseListNotification(step3, related('nobody@example.com', '50UBfW7LSCVLtggUPe5z')))).toBe('RLMI_NO_ROOT_PART');
    expect(parseListNotification(step3, 'multipart/related;boundary="50UBfW7LSCVLtggUPe5z"').list.version).toBe(1);
  });

  it('hostile input gives a value or a ProtocolError', () => {
    fc.assert(fc.property(mutations([step3, step13]), (bytes) => {
      valueOrProtocolError(() => parseListNotification(bytes, typeOf3));
      valueOrProtocolError(() => parseListNotification(bytes, typeOf13));
    }));
  });
});
