#!/usr/bin/env node
/** `npm run docs`: writes the pages of docs/ that are made from code; `npm run check` compares them with what is there. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { main } from './run.mjs';
import { root, setup } from './setup.mjs';
import { packages } from './workspace.mjs';

async function pages() {
  const { generateErrors } = await import('./docs/errors.mjs');
  const { generateStateMachines } = await import('./docs/state-machines.mjs');
  const members = packages().filter((member) => !member.manifest.private);
  return { 'docs/errors.md': await generateErrors(members), 'docs/state-machines.md': await generateStateMachines(members) };
}

/** The pages that are not what the code says now. */
export async function findStaleDocs(directory = root) {
  return Object.entries(await pages())
    .filter(([path, text]) => !existsSync(join(directory, path)) || readFileSync(join(directory, path), 'utf8') !== text)
    .map(([path]) => `${path} is not what the code says now: npm run docs`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  setup();
  await main(async () => {
    for (const [path, text] of Object.entries(await pages())) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
      console.log(path);
    }
  });
}
