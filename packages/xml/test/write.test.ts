import { utf8 } from '@simple-im/grammar';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeOf } from '@simple-im/testkit';
import { describe as describeElement, readXml, text, XMLNS_NAMESPACE, type XmlElement } from '../src/index.js';
import { MAX_WRITTEN_ATTRIBUTES, MAX_WRITTEN_DEPTH, writeXml, writeXmlBytes, type ElementDescription } from '../src/write.js';

const bare = { declaration: false };
const written = (root: ElementDescription) => writeXml(root, bare);
const wide = { maxDepth: 1000, maxAttributes: 2000 };

/** The tree without what only the source knows. */
function meaning(element: XmlElement): unknown {
  return {
    name: element.name,
    namespace: element.namespace,
    attributes: element.attributes.map(({ name, namespace, value }) => ({ name, namespace, value })),
    children: element.children.map((node) => {
      if (node.type === 'element') return meaning(node);
      const { start: _start, end: _end, ...rest } = node;
      return rest;
    }),
  };
}

describe('text and attributes', () => {
  it('writes what looks like markup so that it is read back as text', () => {
    const value = '<b>&lt;b&gt;&amp;&#13;&#x41;]]>"\'';
    const { root } = readXml(writeXmlBytes({ name: 'a', attributes: { v: value }, children: [value] }));
    expect(text(root)).toBe(value);
    expect(root.attributes[0]?.value).toBe(value);
  });

  it('writes CR, LF and TAB so that they are read back (XML 1.0 §2.11, §3.3.3)', () => {
    expect(written({ name: 'a', attributes: { v: '\r\n\t' }, children: ['\r\n\t'] })).toBe('<a v="&#13;&#10;&#9;">&#13;\n\t</a>');
  });

  it('says its encoding first', () => {
    expect(writeXml({ name: 'a', children: ['é'] })).toBe('<?xml version="1.0" encoding="UTF-8"?><a>é</a>');
    expect(writeXmlBytes({ name: 'a', children: ['é'] }, bare)).toEqual(utf8('<a>é</a>'));
  });

  it('reads back every character of Unicode that XML 1.0 can hold, and refuses every other', () => {
    const held: string[] = [];
    for (let code = 0; code <= 0x10ffff; code++) {
      const isChar = code === 9 || code === 10 || code === 13 || (code >= 0x20 && code < 0xd800) || (code >= 0xe000 && code <= 0xfffd) || code > 0xffff;
      const character = String.fromCodePoint(code);
      if (isChar) held.push(character);
      else {
        expect(codeOf(() => writeXml({ name: 'a', children: [character] }))).toBe('XML_WRITE_CHARACTER');
        expect(codeOf(() => writeXml({ name: 'a', attributes: { b: character } }))).toBe('XML_WRITE_CHARACTER');
      }
    }
    const all = held.join('');
    const limits = { maxOctets: 20_000_000, maxAttributeLength: 5_000_000, maxTextLength: 5_000_000 };
    const { root } = readXml(writeXmlBytes({ name: 'a', attributes: { b: all }, children: [all] }), limits);
    expect(text(root) === all).toBe(true);
    expect(root.attributes[0]?.value === all).toBe(true);
  }, 20_000);
});

describe('namespaces', () => {
  it('declares what is missing and nothing else', () => {
    const tree: ElementDescription = {
      ns: 'urn:a', name: 'r', children: [
        { ns: 'urn:a', name: 'same' },
        { ns: 'urn:b', prefix: 'b', name: 'other', attributes: [{ ns: 'urn:b', name: 'x', value: '1' }, { ns: 'urn:c', name: 'y', value: '2' }] },
        { name: 'none' },
      ],
    };
    expect(written(tree)).toBe('<r xmlns="urn:a"><same/><b:other xmlns:b="urn:b" xmlns:ns1="urn:c" b:x="1" ns1:y="2"/><none xmlns=""/></r>');
  });

  it('keeps the declarations it is given where they are', () => {
    const attributes = [{ ns: XMLNS_NAMESPACE, prefix: 'xmlns', name: 'p', value: 'urn:p' }];
    expect(written({ name: 'r', attributes, children: [{ ns: 'urn:p', prefix: 'p', name: 'c' }] })).toBe('<r xmlns:p="urn:p"><p:c/></r>');
  });

  it('knows the prefix xml', () => {
    const attributes = [{ ns: 'http://www.w3.org/XML/1998/namespace', prefix: 'xml', name: 'lang', value: 'fr' }];
    expect(written({ name: 'r', attributes })).toBe('<r xml:lang="fr"/>');
  });

  it.each<[string, ElementDescription, string]>([
    ['a prefix without a namespace', { prefix: 'p', name: 'a' }, 'XML_WRITE_NAMESPACE'],
    ['a prefix without a namespace on an attribute', { name: 'a', attributes: [{ prefix: 'p', name: 'b', value: '' }] }, 'XML_WRITE_NAMESPACE'],
    ['another namespace for xml', { ns: 'u', prefix: 'xml', name: 'a' }, 'XML_WRITE_NAMESPACE'],
    ['the prefix xmlns', { ns: XMLNS_NAMESPACE, prefix: 'xmlns', name: 'a' }, 'XML_WRITE_NAMESPACE'],
    ['a declaration against the element', { name: 'a', attributes: [{ ns: XMLNS_NAMESPACE, name: 'xmlns', value: 'u' }] }, 'XML_WRITE_NAMESPACE'],
    ['a prefix that is no name', { ns: 'u', prefix: 'a b', name: 'a' }, 'XML_WRITE_NAMESPACE'],
    ['an attribute xmlns that is no declaration', { name: 'a', attributes: { xmlns: 'u' } }, 'XML_WRITE_NAME'],
    ['a name with a colon', { name: 'a:b' }, 'XML_WRITE_NAME'],
    ['markup as a name', { name: 'a><b' }, 'XML_WRITE_NAME'],
    ['no name', { name: '' }, 'XML_WRITE_NAME'],
    ['markup as the name of an attribute', { name: 'a', attributes: { 'b="" c': '' } }, 'XML_WRITE_NAME'],
    ['the same attribute twice', { name: 'a', attributes: [{ name: 'b', value: '' }, { name: 'b', value: '' }] }, 'XML_WRITE_DUPLICATE_ATTRIBUTE'],
    ['a comment with --', { name: 'a', children: [{ comment: 'a--b' }] }, 'XML_WRITE_CONTENT'],
    ['a comment that ends in -', { name: 'a', children: [{ comment: 'a-' }] }, 'XML_WRITE_CONTENT'],
    ['CDATA with ]]>', { name: 'a', children: [{ cdata: ']]>' }] }, 'XML_WRITE_CONTENT'],
    ['CDATA with CR', { name: 'a', children: [{ cdata: '\r' }] }, 'XML_WRITE_CONTENT'],
    ['an instruction with ?>', { name: 'a', children: [{ target: 't', instruction: '?>' }] }, 'XML_WRITE_CONTENT'],
    ['an instruction called xml', { name: 'a', children: [{ target: 'XML', instruction: '' }] }, 'XML_WRITE_NAME'],
  ])('refuses %s', (_, tree, code) => {
    expect(codeOf(() => writeXml(tree))).toBe(code);
  });

  it('refuses more levels and attributes than it can write', () => {
    const deep = (levels: number): ElementDescription => (levels === 1 ? { name: 'a' } : { name: 'a', children: [deep(levels - 1)] });
    expect(readXml(writeXmlBytes(deep(MAX_WRITTEN_DEPTH)), wide).root.name).toBe('a');
    expect(codeOf(() => writeXml(deep(MAX_WRITTEN_DEPTH + 1)))).toBe('XML_WRITE_LIMIT');
    const broad = (count: number) => ({ name: 'a', attributes: Object.fromEntries(Array.from({ length: count }, (_, i) => [`a${i}`, ''])) });
    expect(readXml(writeXmlBytes(broad(MAX_WRITTEN_ATTRIBUTES)), wide).root.attributes).toHaveLength(MAX_WRITTEN_ATTRIBUTES);
    expect(codeOf(() => writeXml(broad(MAX_WRITTEN_ATTRIBUTES + 1)))).toBe('XML_WRITE_LIMIT');
  });
});

describe('what was read can be written', () => {
  it('with its prefixes, declarations, comments, instructions and CDATA', () => {
    const source = '<p:a xmlns:p="urn:p" xmlns="urn:d" xmlns:q="urn:p" q:x="1" y="&lt;&#9;"><b/><q:c xmlns=""><d/></q:c><!-- c --><?i do?><![CDATA[<&]]>t&amp;&#13;</p:a>';
    expect(written(describeElement(readXml(utf8(source)).root))).toBe(source);
  });

  const string = fc.string({ unit: fc.constantFrom(...'ab&;<>"\'\t\n\r ]-?#x1é\u2028\u0085', '&lt;', '&#13;', ']]>', '\u{1f600}') });
  const ns = fc.constantFrom('', 'urn:a', 'urn:b', 'urn:"&<');
  const name = fc.constantFrom('a', 'b', 'é', '__proto__', 'constructor', 'x.1-_');
  const { tree } = fc.letrec<{ tree: ElementDescription; child: string | ElementDescription }>((tie) => ({
    child: fc.oneof({ maxDepth: 4 }, string, tie('tree')),
    tree: fc.record({
      ns, name,
      attributes: fc.uniqueArray(fc.record({ ns, name, value: string }), { maxLength: 4, selector: (one) => `${one.name} ${one.ns}` }),
      children: fc.array(tie('child'), { maxLength: 4 }),
    }),
  }));

  /** What reading should give for a description: texts that touch are one. */
  const expected = (element: ElementDescription): unknown => ({
    name: element.name,
    ns: element.ns,
    attributes: element.attributes,
    children: (element.children ?? []).reduce<unknown[]>((all, one) => {
      const last = all.at(-1);
      if (typeof one !== 'string') all.push(expected(one as ElementDescription));
      else if (typeof last === 'string') all[all.length - 1] = last + one;
      else if (one !== '') all.push(one);
      return all;
    }, []),
  });
  const actual = (element: XmlElement): unknown => ({
    name: element.local,
    ns: element.namespace,
    attributes: element.attributes.filter((one) => one.namespace !== XMLNS_NAMESPACE)
      .map(({ namespace, local, value }) => ({ ns: namespace, name: local, value })),
    children: element.children.map((node) => (node.type === 'element' ? actual(node) : (node as { value: string }).value)),
  });

  it('whatever was written, and again', () => {
    fc.assert(fc.property(tree, (description) => {
      const { root } = readXml(writeXmlBytes(description));
      expect(actual(root)).toEqual(expected(description));
      expect(meaning(readXml(writeXmlBytes(describeElement(root))).root)).toEqual(meaning(root));
    }), { numRuns: 400 });
  });
});
