import { utf8, utf8Text } from '@simple-im/grammar';
import { codeOf, hostileText, mutations, valueOrProtocolError, vectors } from '@simple-im/testkit';
import { describe as group, expect, it } from 'vitest';
import fc from 'fast-check';
import { describe, readXml, type XmlElement } from '../src/index.js';
import { patchXml, type XmlPatchOptions } from '../src/patch.js';

const folder = new URL('./vectors/rfc5261/', import.meta.url);
const examples = vectors(folder, '-target.xml').map(({ name }) => name.replace('-target.xml', ''));
const vector = (example: string, kind: string): Uint8Array => vectors(folder, `${example}-${kind}.xml`)[0]?.bytes as Uint8Array;

const pathOf = (diff: Uint8Array | string): XmlElement[] => [readXml(typeof diff === 'string' ? utf8(diff) : diff).root];
/** What the document says, without its declaration. */
const meaning = (bytes: Uint8Array): unknown => describe(readXml(bytes).root);

function patched(target: string, operations: string, options?: XmlPatchOptions): string {
  const bytes = patchXml(readXml(utf8(target)), pathOf(`<diff>${operations}</diff>`), options);
  return utf8Text(bytes).replace(/^<\?xml.*?\?>/, '');
}

const failure = (target: string, operations: string, options?: XmlPatchOptions): string =>
  codeOf(() => patched(target, operations, options));

group('the examples of RFC 5261', () => {
  it('are all here', () => expect(examples).toHaveLength(18));

  it.each(examples)('%s', (example) => {
    const result = utf8Text(patchXml(readXml(vector(example, 'target')), pathOf(vector(example, 'diff'))));
    const asPrinted = example === 'A.16' ? result.replace('</foo>\n  \n', '</foo>\n') : result;
    expect(meaning(utf8(asPrinted))).toEqual(meaning(vector(example, 'result')));
  });

  it.each([
    ['§4.3.5: text joins the text before it', '<a><foo>x<b/>y</foo></a>', '<add sel="*/foo/text()[2]" pos="after">new<bar/>elem</add>',
      '<a><foo>x<b/>ynew<bar/>elem</foo></a>'],
    ['§4.3.5: text joins the text behind it', '<a><foo>x<b/>y</foo></a>', '<add sel="*/foo/text()[2]" pos="before">new<bar/>elem</add>',
      '<a><foo>x<b/>new<bar/>elemy</foo></a>'],
    ['§4.4.2: an empty replace leaves the attribute', '<doc a="1"/>', '<replace sel="doc/@a"/>', '<doc a=""/>'],
    ['§4.4.6: an empty replace removes the text', '<doc><a>x</a></doc>', '<replace sel="doc/a/text()"/>', '<doc><a/></doc>'],
    ['§4.5.6: the texts around what is removed become one', '<d>a<x/>b</d>', '<remove sel="d/x"/><replace sel="d/text()">c</replace>',
      '<d>c</d>'],
    ['§4.3: prepend', '<d><x/></d>', '<add sel="d" pos="prepend"><y/></add>', '<d><y/><x/></d>'],
    ['§4.3.2: id()', '<d><x xml:id="i1"/></d>', `<add sel='id("i1")' type="@user">Bob</add>`, '<d><x xml:id="i1" user="Bob"/></d>'],
    ['§4.2.3: white space around /', '<d><bar/></d>', `<add sel='*/ bar'>x</add>`, '<d><bar>x</bar></d>'],
    ['§3: comments of the root node', '<!--a--><d/>', '<replace sel="/comment()"><!--b--></replace><add sel="d" pos="after"><?c d?></add>',
      '<!--b--><d/><?c d?>'],
    ['§4.1: the value of a child, of the element itself, a position', '<d><x><k>1</k></x><x><k>2</k></x><y>v</y></d>',
      `<remove sel="d/x[k='2'][1]"/><remove sel="*/*[.='v']"/><replace sel="d/*[1]/k/text()">3</replace>`, '<d><x><k>3</k></x></d>'],
  ])('%s', (_title, target, operations, result) => expect(patched(target, operations)).toBe(result));

  it('keeps CDATA sections as pieces of text (§4.3.5)', () => {
    expect(patched('<d>a<![CDATA[<b>]]>c</d>', '<add sel="d/text()" pos="after">e</add>')).toBe('<d>a<![CDATA[<b>]]>ce</d>');
  });
});

group('namespaces (RFC 5261 §4.2)', () => {
  const diff = (declarations: string, operations: string): XmlElement[] =>
    pathOf(`<p:diff xmlns:p="urn:diff" ${declarations}>${operations}</p:diff>`);
  const result = (target: string, declarations: string, operations: string): string =>
    utf8Text(patchXml(readXml(utf8(target)), diff(declarations, operations))).replace(/^<\?xml.*?\?>/, '');

  it('an unprefixed name in sel is in the default namespace of the diff document, or in none (§4.2.1)', () => {
    expect(result('<b:d xmlns:b="foo:"/>', 'xmlns="foo:"', '<p:add sel="d" type="@a">1</p:add>')).toBe('<b:d xmlns:b="foo:" a="1"/>');
    expect(codeOf(() => result('<b:d xmlns:b="foo:"/>', '', '<p:add sel="d" type="@a">1</p:add>'))).toBe('XML_PATCH_UNLOCATED_NODE');
  });

  it('added elements take the prefix of the document (§4.2.3)', () => {
    expect(result('<d xmlns:b="foo:"/>', 'xmlns:a="foo:"', '<p:add sel="d"><a:bar/></p:add>')).toBe('<d xmlns:b="foo:"><b:bar/></d>');
  });

  it('the same prefix wins, then that of the context, then the one before it in the alphabet (§4.2.3)', () => {
    const add = (prefix: string): string => `<p:add sel="*"><${prefix}:n/></p:add>`;
    expect(result('<d xmlns:x="f:" xmlns:y="f:"/>', 'xmlns:y="f:"', add('y'))).toContain('<y:n/>');
    expect(result('<y:d xmlns:x="f:" xmlns:y="f:"/>', 'xmlns:a="f:"', add('a'))).toContain('<y:n/>');
    expect(result('<d xmlns:x="f:" xmlns:y="f:"/>', 'xmlns:xx="f:"', add('xx'))).toContain('<x:n/>');
    expect(result('<d xmlns:x="f:" xmlns:y="f:"/>', 'xmlns:yy="f:"', add('yy'))).toContain('<y:n/>');
    expect(result('<d xmlns:x="f:" xmlns:y="f:"/>', 'xmlns:a="f:"', add('a'))).toContain('<x:n/>');
    expect(result('<z:d xmlns:z="g:" xmlns="f:" xmlns:x="f:"/>', 'xmlns:a="f:"', add('a'))).toContain('<n/>');
  });

  it('local declarations of the content are kept (§4.2.3)', () => {
    expect(result('<d/>', '', '<p:add sel="d"><q:n xmlns:q="g:" q:a="1"/></p:add>')).toBe('<d><q:n xmlns:q="g:" q:a="1"/></d>');
  });

  it('a namespace the document does not declare is an error (§5.1)', () => {
    expect(codeOf(() => result('<d/>', 'xmlns:a="f:"', '<p:add sel="d"><a:n/></p:add>'))).toBe('XML_PATCH_INVALID_NAMESPACE_URI');
    expect(codeOf(() => result('<d/>', '', '<p:add sel="a:d"/>'))).toBe('XML_PATCH_INVALID_NAMESPACE_PREFIX');
  });

  it('an attribute never takes the default namespace (§4.3.2)', () => {
    expect(result('<d xmlns="f:" xmlns:b="f:"/>', 'xmlns:a="f:"', '<p:add sel="a:d" type="@a:k">1</p:add>')).toContain('b:k="1"');
    const onlyDefault = (): string => result('<d xmlns="f:"/>', 'xmlns:a="f:"', '<p:add sel="a:d" type="@a:k">1</p:add>');
    expect(codeOf(onlyDefault)).toBe('XML_PATCH_INVALID_NAMESPACE_URI');
  });

  it('a replaced namespace name is that of every name with the prefix (§4.4.3)', () => {
    const both = '<p:replace sel="d/namespace::x">g:</p:replace><p:remove sel="d/g:n"/>';
    expect(result('<d xmlns:x="f:"><x:n/><m/></d>', 'xmlns:g="g:"', both)).toBe('<d xmlns:x="g:"><m/></d>');
  });

  it('a declaration in use cannot be removed or hidden (§4.5.3)', () => {
    expect(failure('<d xmlns:x="f:"><x:n/></d>', '<remove sel="d/namespace::x"/>')).toBe('XML_PATCH_INVALID_NAMESPACE_PREFIX');
    const hiding = '<add sel="d/e" type="namespace::x">g:</add>';
    expect(failure('<d xmlns:x="f:"><e><x:n/></e></d>', hiding)).toBe('XML_PATCH_INVALID_NAMESPACE_PREFIX');
  });
});

group('errors (RFC 5261 §5.1)', () => {
  it.each([
    ['XML_PATCH_UNLOCATED_NODE', '<d><a/><a/></d>', '<remove sel="d/a"/>'],
    ['XML_PATCH_UNLOCATED_NODE', '<d/>', `<add sel='id("x")'/>`],
    ['XML_PATCH_INVALID_ATTRIBUTE_VALUE', '<d/>', '<remove sel="//d"/>'],
    ['XML_PATCH_INVALID_ATTRIBUTE_VALUE', '<d/>', '<remove sel="d[position()=1]"/>'],
    ['XML_PATCH_INVALID_ATTRIBUTE_VALUE', '<d/>', '<remove sel="d/@a/b"/>'],
    ['XML_PATCH_INVALID_ATTRIBUTE_VALUE', '<d/>', '<remove sel=""/>'],
    ['XML_PATCH_INVALID_ATTRIBUTE_VALUE', '<d/>', '<add sel="d" pos="inside"/>'],
    ['XML_PATCH_INVALID_ATTRIBUTE_VALUE', '<d a="1"/>', '<add sel="d" type="@a">2</add>'],
    ['XML_PATCH_INVALID_ATTRIBUTE_VALUE', '<d a="1"/>', '<remove sel="d/@a" ws="both"/>'],
    ['XML_PATCH_INVALID_DIFF_FORMAT', '<d/>', '<add/>'],
    ['XML_PATCH_INVALID_DIFF_FORMAT', '<d/>', '<add sel="d" type="@a"><b/></add>'],
    ['XML_PATCH_INVALID_DIFF_FORMAT', '<d><a/></d>', '<remove sel="d/a">x</remove>'],
    ['XML_PATCH_INVALID_NODE_TYPES', '<d><a/></d>', '<replace sel="d/a">x</replace>'],
    ['XML_PATCH_INVALID_NODE_TYPES', '<d><a/></d>', '<replace sel="d/a"><b/><c/></replace>'],
    ['XML_PATCH_INVALID_NODE_TYPES', '<d>x</d>', '<replace sel="d/text()"><b/></replace>'],
    ['XML_PATCH_INVALID_PATCH_DIRECTIVE', '<d/>', '<move sel="d"/>'],
    ['XML_PATCH_INVALID_PATCH_DIRECTIVE', '<d/>', '<x:add xmlns:x="y:" sel="d"/>'],
    ['XML_PATCH_INVALID_ROOT_ELEMENT_OPERATION', '<d/>', '<remove sel="d"/>'],
    ['XML_PATCH_INVALID_ROOT_ELEMENT_OPERATION', '<d/>', '<add sel="d" pos="after"><e/></add>'],
    ['XML_PATCH_INVALID_WHITESPACE_DIRECTIVE', '<d><a/></d>', '<remove sel="d/a" ws="after"/>'],
    ['XML_PATCH_INVALID_WHITESPACE_DIRECTIVE', '<d>x<a/> </d>', '<remove sel="d/a" ws="both"/>'],
    ['XML_PATCH_INVALID_NAMESPACE_URI', '<d/>', '<add sel="d" type="namespace::x"/>'],
    ['XML_PATCH_INVALID_NAMESPACE_PREFIX', '<d/>', '<add sel="d" type="namespace::xml">u:</add>'],
  ])('%s for %s and %s', (code, target, operations) => expect(failure(target, operations)).toBe(code));

  it('the root element can be replaced by another', () => expect(patched('<d/>', '<replace sel="d"><e/></replace>')).toBe('<e/>'));

  it('has limits', () => {
    expect(failure('<d/>', '<add sel="d">x</add>'.repeat(3), { maxOperations: 2 })).toBe('XML_PATCH_TOO_MANY_OPERATIONS');
    expect(failure(`<d>${'<a/>'.repeat(50)}</d>`, '<add sel="d/*[1]">x</add>', { maxVisits: 100 })).toBe('XML_PATCH_TOO_COSTLY');
    const deeper = (step: number): string => {
      const content = `${'<a>'.repeat(90)}<b xml:id="i${step + 1}"/>${'</a>'.repeat(90)}`;
      return `<add sel="id('i${step}')">${content}</add>`;
    };
    const levels = (steps: number): string =>
      failure('<d xml:id="i0"/>', Array.from({ length: steps }, (_, step) => deeper(step)).join(''));
    expect(levels(5)).toBe('nothing thrown');
    expect(levels(6)).toBe('XML_PATCH_TOO_COSTLY');
    const prepending = '<add sel="d" pos="prepend"><!--c--></add>'.repeat(999);
    expect(failure('<d/>', prepending, { maxVisits: 10_000 })).toBe('XML_PATCH_TOO_COSTLY');
  });
});

group('hostile input', () => {
  it('gives a document or a ProtocolError', () => {
    const diffs = examples.map((example) => ({ diff: vector(example, 'diff'), target: readXml(vector(example, 'target')) }));
    fc.assert(fc.property(mutations(diffs.map(({ diff }) => diff)), fc.constantFrom(...diffs), (bytes, { target }) => {
      const outcome = valueOrProtocolError(() => patchXml(target, pathOf(bytes)));
      if ('value' in outcome) readXml(outcome.value);
    }), { numRuns: 500 });
  });

  it('any selector', () => {
    const part = fc.constantFrom('/', '*', '[', ']', '@', '.', '=', "'x'", '1', 'd', 'a:', 'text()', 'comment()', "id('x')", 'namespace::');
    fc.assert(fc.property(fc.oneof(fc.array(part, { maxLength: 12 }).map((parts) => parts.join('')), hostileText(8)), (sel) => {
      const escaped = Array.from(sel, (one) => (/[\w/*[\]@.=():]/.test(one) ? one : `&#${Math.max(one.charCodeAt(0), 32)};`)).join('');
      valueOrProtocolError(() => patched('<d a="x"><a>1</a>text<!--c--></d>', `<remove sel="${escaped}"/>`));
    }), { numRuns: 500 });
  });
});
