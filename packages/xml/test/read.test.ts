import { utf8 } from '@simple-im/grammar';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeOf } from '@simple-im/testkit';
import { attribute, child, children, elements, namespacesInScope, octetOffset, readXml, text, xmlErrors, type XmlElement, type XmlReadOptions } from '../src/index.js';

const read = (source: string, options?: XmlReadOptions) => readXml(utf8(source), options);
const wide = { maxDepth: 1_000_000, maxNodes: 10_000_000, maxOctets: 100_000_000, maxAttributes: 1_000_000 };

describe('the tree', () => {
  const source = '<?xml version="1.0" encoding="UTF-8"?>\r\n<!-- é --><r xmlns="urn:a" xmlns:b="urn:b">\r\n  <b:c  x = "1"\n\tb:y=\'a&amp;b\t&#10;\' />t<![CDATA[<&>]]>&#x1F600;<?pi  do it?></r >\n<?end?>';
  const document = read(source);
  const { root } = document;
  const c = child(root, 'urn:b', 'c') as XmlElement;

  it('knows names with their namespaces (Namespaces in XML 1.0 §6)', () => {
    expect([root.name, root.prefix, root.local, root.namespace]).toEqual(['r', '', 'r', 'urn:a']);
    expect([c.name, c.prefix, c.local, c.namespace]).toEqual(['b:c', 'b', 'c', 'urn:b']);
    expect(attribute(c, 'x')).toBe('1');
    expect(attribute(c, 'x', 'urn:a')).toBeUndefined();
    expect(attribute(c, 'y', 'urn:b')).toBe('a&b \n');
  });

  it('resolves references, joins line ends and keeps CDATA apart (XML 1.0 §2.11, §4.1)', () => {
    expect(root.children.map((node) => node.type)).toEqual(['text', 'element', 'text', 'cdata', 'text', 'instruction']);
    expect(root.children[0]).toMatchObject({ value: '\n  ' });
    expect(text(root)).toBe('\n  t<&>\u{1f600}');
    expect(root.children[5]).toMatchObject({ target: 'pi', value: 'do it' });
    expect(document.children.map((node) => node.type)).toEqual(['comment', 'element', 'instruction']);
  });

  it('gives the place of everything in the source', () => {
    const at = ({ start, end }: { start: number; end: number }) => source.slice(start, end);
    expect(root.children.map(at)).toEqual([
      '\r\n  ', '<b:c  x = "1"\n\tb:y=\'a&amp;b\t&#10;\' />', 't', '<![CDATA[<&>]]>', '&#x1F600;', '<?pi  do it?>',
    ]);
    expect(c.attributes.map(at)).toEqual(['x = "1"', "b:y='a&amp;b\t&#10;'"]);
    expect(c.attributes.map((one) => at(one.valueRange))).toEqual(['1', 'a&amp;b\t&#10;']);
    expect(at(root.startTag)).toBe('<r xmlns="urn:a" xmlns:b="urn:b">');
    expect(at(root.endTag)).toBe('</r >');
    expect(at(c.startTag)).toBe(at(c));
    expect(at(c.endTag)).toBe('');
    expect(document.children.map(at)).toEqual(['<!-- é -->', at(root), '<?end?>']);
  });

  it('turns places into octets', () => {
    const octets = utf8(source);
    const places = [root.start, c.start, root.children[4]?.end ?? 0, source.length];
    for (const place of places) expect(octetOffset(document, place)).toBe(utf8(source.slice(0, place)).length);
    expect(octetOffset(document, source.length)).toBe(octets.length);
    const marked = readXml(utf8('\ufeff<a/>'));
    expect([marked.root.start, octetOffset(marked, marked.root.start)]).toEqual([0, 3]);
  });

  it('finds children by namespace and local name', () => {
    const { root: list } = read('<l xmlns="u" xmlns:v="v"><e/><v:e/><e>x</e></l>');
    expect(elements(list)).toHaveLength(3);
    expect(children(list, 'u', 'e').map(text)).toEqual(['', 'x']);
  });

  it('reads a fragment with the prefixes of its surroundings (RFC 4825 §8.2.1)', () => {
    const scope = namespacesInScope([root, c]);
    expect([...scope]).toEqual([['xml', 'http://www.w3.org/XML/1998/namespace'], ['', 'urn:a'], ['b', 'urn:b']]);
    expect(read('<b:x/>', { namespaces: scope }).root.namespace).toBe('urn:b');
    expect(read('<x/>', { namespaces: scope }).root.namespace).toBe('urn:a');
    expect(codeOf(() => read('<b:x/>'))).toBe('XML_UNBOUND_PREFIX');
  });

  it('ends a declaration with its element (Namespaces in XML 1.0 §6.1)', () => {
    const { root: r } = read('<r xmlns="u"><a xmlns="" xmlns:p="q"><b/></a><c/></r>');
    const a = child(r, '', 'a') as XmlElement;
    expect(elements(a)[0]?.namespace).toBe('');
    expect(child(r, 'u', 'c')).toBeDefined();
    expect(codeOf(() => read('<r><a xmlns:p="q"/><p:b/></r>'))).toBe('XML_UNBOUND_PREFIX');
  });
});

describe('encodings (XML 1.0 §4.3.3)', () => {
  const utf16 = (source: string, littleEndian: boolean): Uint8Array => {
    const bytes = new Uint8Array(2 * source.length);
    const view = new DataView(bytes.buffer);
    for (let i = 0; i < source.length; i++) view.setUint16(2 * i, source.charCodeAt(i), littleEndian);
    return bytes;
  };

  it('reads UTF-8 with and without a byte order mark', () => {
    expect(text(read('<a>é</a>').root)).toBe('é');
    expect(text(read('\ufeff<?xml version="1.0" encoding="utf-8"?><a>é</a>').root)).toBe('é');
  });

  it.each([true, false])('reads UTF-16 with a byte order mark (little-endian: %s)', (littleEndian) => {
    const document = readXml(utf16('\ufeff<?xml version="1.0" encoding="UTF-16"?><a>\u{1f600}</a>', littleEndian));
    expect(text(document.root)).toBe('\u{1f600}');
    expect(octetOffset(document, document.root.start)).toBe(2 + 2 * document.root.start);
  });

  it.each([
    ['a declaration of another encoding', utf8('<?xml version="1.0" encoding="ISO-8859-1"?><a/>')],
    ['UTF-16 that declares UTF-8', utf16('\ufeff<?xml version="1.0" encoding="UTF-8"?><a/>', true)],
    ['UTF-8 that declares UTF-16', utf8('<?xml version="1.0" encoding="UTF-16"?><a/>')],
    ['UTF-16 without a byte order mark', utf16('<a/>', true)],
    ['big-endian UTF-16 without a byte order mark', utf16('<a/>', false)],
    ['UTF-32', new Uint8Array([0xff, 0xfe, 0, 0, 0x3c, 0, 0, 0])],
  ])('refuses %s', (_, bytes) => {
    expect(codeOf(() => readXml(bytes))).toBe('XML_ENCODING');
  });

  it('refuses octets that are not of the encoding', () => {
    expect(codeOf(() => readXml(new Uint8Array([0x3c, 0x61, 0x3e, 0xff, 0x3c, 0x2f, 0x61, 0x3e])))).toBe('XML_BAD_OCTETS');
    expect(codeOf(() => readXml(utf16('\ufeff<a>\ud800</a>', true)))).toBe('XML_BAD_OCTETS');
  });
});

describe('what is refused', () => {
  const bomb = '<!DOCTYPE l [<!ENTITY a "lol">' + Array.from({ length: 9 }, (_, i) => `<!ENTITY b${i} "${'&a;'.repeat(10)}">`).join('') + ']><l>&b8;</l>';

  it.each([
    ['a document type declaration', '<!DOCTYPE a><a/>', 'XML_DOCTYPE'],
    ['one behind comments and instructions', '<?xml version="1.0"?>\n<!-- <a/> --><?p <a/>?><!DOCTYPE a><a/>', 'XML_DOCTYPE'],
    ['one behind the root', '<a/><!DOCTYPE a>', 'XML_DOCTYPE'],
    ['one that does not end', '<!DOCTYPE a [ <!ENTITY', 'XML_DOCTYPE'],
    ['an entity bomb', bomb, 'XML_DOCTYPE'],
    ['an external entity', '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', 'XML_DOCTYPE'],
    ['an unknown entity', '<a>&nbsp;</a>', 'XML_UNKNOWN_ENTITY'],
    ['an unknown entity in an attribute', '<a b="&c;"/>', 'XML_UNKNOWN_ENTITY'],
    ['an entity called like a property of every object', '<a>&constructor;</a>', 'XML_UNKNOWN_ENTITY'],
    ['NUL', '<a>\0</a>', 'XML_FORBIDDEN_CHARACTER'],
    ['NUL by reference', '<a>&#0;</a>', 'XML_FORBIDDEN_CHARACTER'],
    ['a control character', '<a b="\x01"/>', 'XML_FORBIDDEN_CHARACTER'],
    ['a control character in a comment', '<!--\x1b--><a/>', 'XML_FORBIDDEN_CHARACTER'],
    ['U+FFFE', '<a>\ufffe</a>', 'XML_FORBIDDEN_CHARACTER'],
    ['a surrogate by reference', '<a>&#xD800;</a>', 'XML_FORBIDDEN_CHARACTER'],
    ['a duplicate attribute', '<a b="" b=""/>', 'XML_DUPLICATE_ATTRIBUTE'],
    ['a duplicate attribute by two prefixes', '<a xmlns:p="u" xmlns:q="u" p:b="" q:b=""/>', 'XML_DUPLICATE_ATTRIBUTE'],
    ['a namespace declared twice', '<a xmlns="u" xmlns="u"/>', 'XML_DUPLICATE_ATTRIBUTE'],
    ['an unbound prefix', '<p:a/>', 'XML_UNBOUND_PREFIX'],
    ['an unbound prefix of an attribute', '<a p:b=""/>', 'XML_UNBOUND_PREFIX'],
    ['a prefix called like a property of every object', '<toString:a/>', 'XML_UNBOUND_PREFIX'],
    ['a prefix taken back', '<a xmlns:p=""/>', 'XML_BAD_NAMESPACE'],
    ['another meaning of xml', '<a xmlns:xml="u"/>', 'XML_BAD_NAMESPACE'],
    ['another prefix for xml', '<a xmlns:p="http://www.w3.org/XML/1998/namespace"/>', 'XML_BAD_NAMESPACE'],
    ['a declaration of xmlns', '<a xmlns:xmlns="u"/>', 'XML_BAD_NAMESPACE'],
    ['the namespace of xmlns as default', '<a xmlns="http://www.w3.org/2000/xmlns/"/>', 'XML_BAD_NAMESPACE'],
    ['an element with the prefix xmlns', '<xmlns:a/>', 'XML_BAD_NAMESPACE'],
    ['two colons', '<a:b:c/>', 'XML_BAD_NAMESPACE'],
    ['a colon first', '<:a/>', 'XML_BAD_NAMESPACE'],
    ['a local name that begins with a digit', '<a:1 xmlns:a="u"/>', 'XML_BAD_NAMESPACE'],
    ['a colon in a processing instruction', '<a><?b:c?></a>', 'XML_BAD_NAMESPACE'],
    ['XML 1.1', '<?xml version="1.1"?><a/>', 'XML_VERSION'],
    ['nothing', '', 'XML_MALFORMED'],
    ['white space only', '  \n', 'XML_MALFORMED'],
    ['text only', 'hello', 'XML_MALFORMED'],
    ['two roots', '<a/><b/>', 'XML_MALFORMED'],
    ['text behind the root', '<a/>b', 'XML_MALFORMED'],
    ['a root that does not end', '<a>', 'XML_MALFORMED'],
    ['tags that cross', '<a><b></a></b>', 'XML_MALFORMED'],
    ['an end tag alone', '</a>', 'XML_MALFORMED'],
    ['an attribute without quotes', '<a b=c/>', 'XML_MALFORMED'],
    ['an attribute without a value', '<a b/>', 'XML_MALFORMED'],
    ['attributes without a space between', '<a b=""c=""/>', 'XML_MALFORMED'],
    ['< in an attribute', '<a b="<"/>', 'XML_MALFORMED'],
    ['& alone', '<a>a & b</a>', 'XML_MALFORMED'],
    [']]> in text', '<a>]]></a>', 'XML_MALFORMED'],
    ['-- in a comment', '<a><!-- -- --></a>', 'XML_MALFORMED'],
    ['a comment that does not end', '<a/><!-- ', 'XML_MALFORMED'],
    ['a CDATA section outside the root', '<![CDATA[]]><a/>', 'XML_MALFORMED'],
    ['the declaration in the wrong place', '<a/><?xml version="1.0"?>', 'XML_MALFORMED'],
    ['a declaration without a version', '<?xml encoding="UTF-8"?><a/>', 'XML_MALFORMED'],
  ])('%s', (_, source, code) => {
    expect(codeOf(() => read(source))).toBe(code);
  });

  it('says where, in octets', () => {
    try {
      read('<a>éé&x;</a>');
    } catch (error) {
      expect(error).toMatchObject({ code: 'XML_UNKNOWN_ENTITY', fault: 'remote', offset: 10 });
      return;
    }
    expect.unreachable();
  });
});

describe('limits', () => {
  it.each([
    ['octets', '<a>1234</a>', { maxOctets: 10 }, { maxOctets: 11 }, 'XML_TOO_LARGE'],
    ['depth', '<a><b><c/></b></a>', { maxDepth: 2 }, { maxDepth: 3 }, 'XML_TOO_DEEP'],
    ['attributes', '<a b="" c="" d=""/>', { maxAttributes: 2 }, { maxAttributes: 3 }, 'XML_TOO_MANY_ATTRIBUTES'],
    ['attribute length', '<a b="1234"/>', { maxAttributeLength: 3 }, { maxAttributeLength: 4 }, 'XML_ATTRIBUTE_TOO_LONG'],
    ['text length', '<a>1234</a>', { maxTextLength: 3 }, { maxTextLength: 4 }, 'XML_TEXT_TOO_LONG'],
    ['comment length', '<a><!----></a>', { maxTextLength: 6 }, { maxTextLength: 7 }, 'XML_TEXT_TOO_LONG'],
    ['nodes', '<a b="">c<!-- --><d/></a>', { maxNodes: 4 }, { maxNodes: 5 }, 'XML_TOO_MANY_NODES'],
  ])('on %s', (_, source, refused, accepted, code) => {
    expect(codeOf(() => read(source, refused))).toBe(code);
    expect(codeOf(() => read(source, accepted))).toBe('nothing thrown');
  });

  it('refuses a depth of 100,000 by default, and reads it without using up the stack where it is allowed', () => {
    const source = '<a xmlns="u">'.repeat(1) + '<b>'.repeat(99_999) + 'x' + '</b>'.repeat(99_999) + '</a>';
    expect(codeOf(() => read(source))).toBe('XML_TOO_DEEP');
    expect(text(read(source, wide).root)).toBe('x');
  });

  it('refuses 20,000 attributes by default, and reads them where they are allowed', () => {
    const source = `<a ${Array.from({ length: 20_000 }, (_, i) => `b${i}=""`).join(' ')}/>`;
    expect(codeOf(() => read(source))).toBe('XML_TOO_MANY_ATTRIBUTES');
    expect(read(source, wide).root.attributes).toHaveLength(20_000);
    expect(codeOf(() => read(source.replace('b19999', 'b0'), wide))).toBe('XML_DUPLICATE_ATTRIBUTE');
  });
});

describe('any input', () => {
  const pieces = fc.constantFrom(
    '<a', '<a>', '</a>', '/>', '>', ' b="', '"', "'", '=', 'xmlns', ':p', '="u"', '<!--', '-->', '--', '<![CDATA[', ']]>', '<?', '?>', '<?xml version="1.0"',
    '&', '&amp;', '&#x', ';', '<!DOCTYPE', '\r', '\n', ' ', 'x', 'é', '\u{1f600}', '\ufeff', '\0',
  );

  it('gives a document or a ProtocolError', () => {
    fc.assert(fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => {
      const code = codeOf(() => read(parts.join('')));
      expect(code === 'nothing thrown' || code in xmlErrors).toBe(true);
    }), { numRuns: 3000 });
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      expect(codeOf(() => readXml(bytes))).not.toBe('');
    }), { numRuns: 1000 });
  });
});
