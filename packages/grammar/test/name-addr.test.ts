import { describe, expect, it } from 'vitest';
import { codeOf } from '@simple-im/testkit';
import { formatNameAddr, NameAddr, parseNameAddr, parseUri, Params, textToByteString } from '../src/index.js';

describe('name-addr and addr-spec (RFC 3261 §20.10)', () => {
  it('reads display name, URI and header parameters', () => {
    const address = parseNameAddr('"Mr. Watson" <sip:watson@worcester.bell-telephone.com;lr>;q=0.7;expires=3600');
    expect(address.displayName).toBe('Mr. Watson');
    expect(address.uriText).toBe('sip:watson@worcester.bell-telephone.com;lr');
    expect(address.uri).toMatchObject({ scheme: 'sip', user: 'watson' });
    expect(address.params.get('q')).toBe('0.7');
    expect(address.params.get('EXPIRES')).toBe('3600');
    expect(address.params.get('lr')).toBeUndefined();
  });

  it('gives parameters behind an addr-spec to the header', () => {
    const address = parseNameAddr('sip:a@b;tag=1;x');
    expect(address).toMatchObject({ uriText: 'sip:a@b', displayName: undefined });
    expect(address.params.entries()).toEqual([['tag', '1'], ['x', undefined]]);
  });

  it.each(['sip:a@b?x=y', 'sip:a,b@c', 'sip:user@example.com?Route=%3Csip:sip.example.com%3E', 'sip:u;x=1@h'])(
    'refuses the bare %s, which needs brackets (§20.10, RFC 4475 §3.1.2.13)', (text) => {
      expect(codeOf(() => parseNameAddr(text))).toBe('GRAMMAR_BAD_NAME_ADDR');
    });

  it('takes white space as the torture message has it (RFC 4475 §3.1.1.1)', () => {
    const to = parseNameAddr('sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n');
    expect(to.params.get('tag')).toBe('1918181833n');
    const from = parseNameAddr('"J Rosenberg \\\\\\""       <sip:jdrosen@example.com>\r\n  ;\r\n  tag = 98asjd8');
    expect(from.displayName).toBe('J Rosenberg \\"');
    expect(from.params.get('tag')).toBe('98asjd8');
    const contact = parseNameAddr('"Quoted string \\"\\"" <sip:jdrosen@example.com> ; newparam = newvalue ; secondparam ; q = 0.33');
    expect(contact.displayName).toBe('Quoted string ""');
    expect(contact.params.size).toBe(3);
  });

  it('takes NUL and other controls behind a backslash (RFC 4475 §3.1.1.2)', () => {
    expect(parseNameAddr('"BEL:\\\x07 NUL:\\\x00 DEL:\\\x7f" <sip:1_unusual.URI@example.com>').displayName).toBe('BEL:\x07 NUL:\x00 DEL:\x7f');
    expect(codeOf(() => parseNameAddr('"NUL:\x00" <sip:a@b>'))).toBe('GRAMMAR_BAD_NAME_ADDR');
  });

  it('takes every token character in display name and parameters (RFC 4475 §3.1.1.2)', () => {
    const value = textToByteString('смотрите');
    const address = parseNameAddr(`token1~\` token2'+_ token3*%!.- <sip:mundane@example.com>;fromParam''~+*_!.-%="${value}";tag=_token~1'+\`*%!-.`);
    expect(address.displayName).toBe("token1~` token2'+_ token3*%!.-");
    expect(address.params.get("fromParam''~+*_!.-%")).toBe(value);
    expect(address.params.get('tag')).toBe("_token~1'+`*%!-.");
  });

  it('does not ask for white space before the bracket (RFC 4475 §3.1.1.6)', () => {
    expect(parseNameAddr('caller<sip:caller@example.com>;tag=323')).toMatchObject({ displayName: 'caller', uriText: 'sip:caller@example.com' });
  });

  it('decodes UTF-8 in the display name', () => {
    expect(parseNameAddr(`"${textToByteString('Jürgen')}" <sip:j@h>`).displayName).toBe('Jürgen');
    expect(parseNameAddr('"\xff" <sip:j@h>').displayName).toBe('\ufffd');
  });

  it('tells an empty display name from none', () => {
    expect(parseNameAddr('"" <sip:a@b>').displayName).toBe('');
    expect(parseNameAddr('<sip:a@b>').displayName).toBeUndefined();
  });

  it.each(['', ' ', '<>', '<sip:a@b', 'sip:a@b>', '"a <sip:a@b>', 'a b', 'a@b', '<a@b>', '<sip:a@b>;', '<sip:a@b>;;', '<sip:a@b>;x=', '<sip:a@b>;=x', '<sip:a@b> x',
    '<sip:a@b>,<sip:c@d>', '<sip:>', '*', 'Bell, Alexander <sip:a.g.bell@example.com>', '< sip:a@b>', '<sip:a@b >', 'caf\xe9 <sip:a@b>', '"a" "b" <sip:a@b>',
    'a "b" <sip:a@b>', '<<sip:a@b>>'])('refuses "%s"', (text) => {
    expect(codeOf(() => parseNameAddr(text))).toBe('GRAMMAR_BAD_NAME_ADDR');
  });

  it('takes what RFC 4475 §3.1.2.14 and §3.1.2.15 would be lenient about only when asked to', () => {
    expect(parseNameAddr('Bell, Alexander <sip:a.g.bell@example.com>;tag=43', { liberal: true })).toMatchObject({ displayName: 'Bell, Alexander' });
    expect(parseNameAddr('"Watson, Thomas" < sip:t.watson@example.org >', { liberal: true })).toMatchObject({ uriText: 'sip:t.watson@example.org' });
    expect(parseNameAddr('"A" <sip:a@b>', { liberal: true }).displayName).toBe('A');
    expect(codeOf(() => parseNameAddr('nothing', { liberal: true }))).toBe('GRAMMAR_BAD_NAME_ADDR');
  });

  it('reads the URI only when asked', () => {
    const address = parseNameAddr('<sip:a@b c>'.replace(' ', '|'));
    expect(address.uriText).toBe('sip:a@b|c');
    expect(codeOf(() => address.uri)).toBe('GRAMMAR_BAD_URI');
    const good = parseNameAddr('<sip:a@b>');
    expect(good.uri).toBe(good.uri);
    expect(good.params).toBe(good.params);
  });

  it('has limits', () => {
    expect(codeOf(() => parseNameAddr(`"${'a'.repeat(8190)}" <sip:a@b>`))).toBe('GRAMMAR_NAME_ADDR_TOO_LONG');
    expect(codeOf(() => parseNameAddr('<sip:abc@d>', { maxLength: 10 }))).toBe('GRAMMAR_NAME_ADDR_TOO_LONG');
    expect(codeOf(() => parseNameAddr(`<sip:a@b>${Array.from({ length: 65 }, (_, i) => `;p${i}`).join('')}`))).toBe('GRAMMAR_TOO_MANY_PARAMETERS');
    expect(codeOf(() => parseNameAddr('<sip:a@b>;tag=1;TAG=2'))).toBe('GRAMMAR_DUPLICATE_PARAMETER');
  });
});

describe('writing', () => {
  it('writes what was read', () => {
    for (const text of ['"A \\"q\\"" <sip:a@b;lr>;tag=x;y="z;"', '<tel:+1>', `"${textToByteString('Zoë')}" <im:z@h>`]) expect(formatNameAddr(parseNameAddr(text))).toBe(text);
  });

  it('quotes and encodes a display name', () => {
    const text = formatNameAddr({ displayName: 'Zoë "Z" \\', uri: 'sip:z@h', params: Params.of({ tag: 'a b', lr: undefined }) });
    expect(parseNameAddr(text)).toMatchObject({ displayName: 'Zoë "Z" \\', uriText: 'sip:z@h' });
    expect(parseNameAddr(text).params.get('tag')).toBe('a b');
    expect(formatNameAddr({ uri: parseUri('sip:z@h') })).toBe('<sip:z@h>');
  });

  it('refuses what would become another header field or address', () => {
    for (const wrong of [{ displayName: 'a\r\nVia: x', uri: 'sip:a@b' }, { uri: 'sip:a@b>;tag=x' }, { uri: 'sip:a\r\n@b' }, { uri: '' }, {}]) {
      expect(codeOf(() => formatNameAddr(wrong))).toBe('GRAMMAR_UNENCODABLE');
    }
  });

  it('is a NameAddr whatever made it', () => {
    expect(parseNameAddr('<sip:a@b>')).toBeInstanceOf(NameAddr);
  });
});
