/* Every test of a whole server once more, with core and IM server apart and SIP between them (docs/profile.md, "IM-2 on the wire"). */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { arrangeApart, startedApart } from './arrangements.js';

const here = new URL('.', import.meta.url);
/** Tests that start a server by the arrangement; those that start programs have their own. */
const files = readdirSync(here, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.ts') && file !== 'apart.test.ts')
  .filter((file) => /serverWith\(|started\(/.test(readFileSync(new URL(file, here), 'utf8')));

arrangeApart();

it('finds the tests of a whole server', () => {
  expect(files.length).toBeGreaterThanOrEqual(5);
});

for (const file of files) {
  const suite = new URL(file, here).href;
  describe(`apart: ${file}`, async () => { await import(/* @vite-ignore */ suite); });
}

it('has started every one of those servers apart', () => {
  expect(startedApart()).toBeGreaterThan(40);
});
