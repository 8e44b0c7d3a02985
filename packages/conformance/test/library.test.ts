import { afterAll, beforeAll, expect, it } from 'vitest';
import { Minimal } from 'tap';
import { Parser } from 'tap-parser';
import { conformance } from '@simple-im/conformance';
import type { RunningServer } from '@simple-im/server';
import { startTarget, targetText } from './support.js';

let server: RunningServer;
beforeAll(async () => { server = await startTarget('--auth', 'none'); });
afterAll(() => server.close());

it('adds a subtest for each case to a test of tap, with nothing of our source in it', async () => {
  const tap = new Minimal({ name: 'mine' });
  let text = '';
  tap.on('data', (chunk: string) => { text += chunk.toString(); });
  await conformance(tap, targetText(server), { run: ['IM-1/rfc3261/10.3/register', 'IM-1/rfc3261/22.2/wrong-password', 'IM-7/rfc4975/7.3/unknown-session-481'], skip: ['IM-7/**'] });
  tap.end();
  await new Promise<void>((resolve) => { tap.on('end', () => resolve()); });
  expect(Parser.parse(text, { strict: true }).find(([event]) => event === 'complete')?.[1]).toMatchObject({ ok: false, count: 3, fail: 1 });
  expect(text).toContain('# Subtest: IM-1/rfc3261/10.3/register');
  expect(text).toContain('# SKIP left out by --skip');
  expect(text).not.toMatch(/\.ts:|\.js:|stack:|at:/);
}, 60_000);
