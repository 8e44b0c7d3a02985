/* The bytes of the last run, which --explain shows. They are kept in the user's cache folder, credentials masked. */
import { Buffer } from 'node:buffer';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { jsonResult, type JsonResult } from './report/json.js';
import { judge, type CaseResult, type Rules } from './result.js';
import type { WireEntry } from './wire-log.js';

/** `$XDG_CACHE_HOME/simple-im-conformance/last-run.json`, below `~/.cache` by default. */
export function lastRunPath(env: NodeJS.ProcessEnv): string {
  const cache = env.XDG_CACHE_HOME;
  return join(cache === undefined || cache === '' ? join(homedir(), '.cache') : cache, 'simple-im-conformance', 'last-run.json');
}

type Kept = Readonly<Record<string, JsonResult>>;

/** Puts these results in the place of earlier ones of the same cases. Throws when the file cannot be written. */
export function keepLastRun(path: string, results: readonly CaseResult[], rules: Rules): void {
  const fresh = Object.fromEntries(results.filter(({ verdict }) => verdict !== 'skip').map((result) => [result.case.id, jsonResult(result, judge(result, rules))]));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, JSON.stringify({ ...readLastRun(path), ...fresh }), { mode: 0o600 });
}

/** What is kept; nothing when there was no run, or the file is not ours to read. */
function readLastRun(path: string): Kept {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Kept;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}

/** The last result of a case and its bytes, or undefined. */
export function lastResult(path: string, id: string): { readonly verdict: string; readonly reason: string | undefined; readonly wire: WireEntry[] } | undefined {
  const kept = readLastRun(path)[id];
  if (kept === undefined) return undefined;
  const wire = kept.wire.map(({ at, direction, peer, base64 }): WireEntry => ({
    at, direction: direction === 'sent' ? 'sent' : 'received', peer, text: Buffer.from(base64, 'base64').toString('latin1'),
  }));
  return { verdict: kept.verdict, reason: kept.reason, wire };
}
