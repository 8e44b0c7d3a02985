import { describe, expect, it } from 'vitest';
import { childrenOf, readXml } from '../src/xml-text.js';

const octets = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
const read = (text: string): ReturnType<typeof readXml> => readXml(octets(text));

describe('the reader of XML', () => {
  it('finds elements by namespace, whatever their prefix', () => {
    const inner = '<b/><p:b y=\'2\'>t</p:b><c xmlns="urn:p"/>';
    const root = read(`<?xml version="1.0"?>\n<!-- a --><p:a xmlns:p="urn:p" xmlns="urn:d" x="1">${inner}</p:a>\n`);
    expect([root.namespace, root.name, root.attributes.get('x')]).toEqual(['urn:p', 'a', '1']);
    expect(childrenOf(root, 'b').map(({ text, attributes }) => [text, attributes.get('y')])).toEqual([['t', '2']]);
    expect(childrenOf(root, 'b', 'urn:d')).toHaveLength(1);
    expect(childrenOf(root, 'c')).toHaveLength(1);
  });

  it('does not take an attribute with a prefix for one without', () => {
    expect(read('<a xmlns:p="urn:p" p:x="1"/>').attributes.has('x')).toBe(false);
  });

  it('resolves references, also in attributes, and CDATA sections', () => {
    const root = read('<a x="&quot;&#x41;&#66;">&lt;&amp;<![CDATA[<&]]>&gt;<!-- no -->é</a>');
    expect([root.text, root.attributes.get('x')]).toEqual(['<&<&>é', '"AB']);
  });

  it.each([
    '', 'a', '<a', '<a>', '<a></b>', '<a/><b/>', '<a/>b', '<a x=1/>', '<a x="1" x="2"/>', '<a x="<"/>', '<a>&</a>', '<a>&amp</a>',
    '<a>&nbsp;</a>', '<a>&#xFFFFFF;</a>', '<a>&#0;</a>', '<a>\u0007</a>', '<a>\uFFFE</a>', '<p:a/>', '<a><p:b/></a>', '<a b/>',
    '<a><!-- -- --></a>', ' <?xml version="1.0"?><a/>',
    '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', `${'<a>'.repeat(40)}${'</a>'.repeat(40)}`, `<a>${'<b/>'.repeat(10_001)}</a>`,
  ])('fails at %j', (text) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ name: 'ExpectationFailed' }));
  });

  it.each(['<a>\xff</a>', '<a>\xc3(</a>', '<a>\xed\xa0\x80</a>'])('fails at what is no UTF-8', (text) => {
    expect(() => readXml(text)).toThrow('UTF-8');
  });
});
