/** Declarations for CommonJS importers: without a real `.d.cts` they would be told that our CommonJS files are ESM. */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const relativeSpecifier = /((?:\bfrom|\bimport)\s*\(?\s*)(['"])(\.{1,2}\/[^'"]*?)\.js\2/g;

/** The text of a declaration file as a CommonJS importer must see it. */
export function toCommonJsDeclaration(text) {
  return text.replace(relativeSpecifier, (_, before, quote, path) => `${before}${quote}${path}.cjs${quote}`);
}

/** Puts a `.d.cts` beside each `.d.ts` of a folder and gives how many. */
export function writeCommonJsDeclarations(folder) {
  const declarations = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.d.ts'));
  for (const name of declarations) {
    const path = join(folder, name);
    writeFileSync(path.replace(/\.d\.ts$/, '.d.cts'), toCommonJsDeclaration(readFileSync(path, 'utf8')));
  }
  return declarations.length;
}
