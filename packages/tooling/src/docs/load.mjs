/** Loads a TypeScript module of this repository as it stands, siblings from source. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { sourceCondition } from '../workspace.mjs';

export async function loadTypeScript(path) {
  const { outputFiles } = await build({
    entryPoints: [path], bundle: true, write: false, platform: 'node', format: 'esm', target: 'node20', logLevel: 'silent',
    conditions: [sourceCondition, 'import', 'module', 'default'],
  });
  const folder = mkdtempSync(join(tmpdir(), 'simple-im-load-'));
  try {
    const file = join(folder, 'module.mjs');
    writeFileSync(file, outputFiles[0].contents);
    return await import(pathToFileURL(file).href);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
