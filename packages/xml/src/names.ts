const NAME_START = 'A-Z_a-z\\u00c0-\\u00d6\\u00d8-\\u00f6\\u00f8-\\u02ff\\u0370-\\u037d\\u037f-\\u1fff\\u200c-\\u200d\\u2070-\\u218f'
  + '\\u2c00-\\u2fef\\u3001-\\ud7ff\\uf900-\\ufdcf\\ufdf0-\\ufffd\\u{10000}-\\u{effff}';
const NC_NAME = new RegExp(`^[${NAME_START}][${NAME_START}\\-.0-9\\u00b7\\u0300-\\u036f\\u203f-\\u2040]*$`, 'u');
const NOT_CHAR = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** A name without a colon (Namespaces in XML 1.0 §3, production NCName). */
export function isNcName(name: string): boolean {
  return NC_NAME.test(name);
}

/** Where the first character stands that XML 1.0 cannot hold (§2.2, production Char), or -1. Lone surrogates count. */
export function forbiddenCharacter(text: string): number {
  return text.search(NOT_CHAR);
}

/** Whether XML 1.0 can hold the text: no control characters, lone surrogates, U+FFFE or U+FFFF (§2.2). */
export function isXmlText(text: string): boolean {
  return forbiddenCharacter(text) < 0;
}
