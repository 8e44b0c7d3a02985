/* Everything there is about a run, for programs. */
import { Buffer } from 'node:buffer';
import type { CaseResult, Judgement } from '../result.js';
import type { Reporter, Write } from './reporter.js';

/** A result as it stands in a report. Octets on the wire are base64, as they need not be text. */
export interface JsonResult {
  readonly id: string;
  readonly clause: string;
  readonly level: string;
  readonly verdict: string;
  readonly outcome: Judgement['outcome'];
  readonly reason?: string;
  readonly milliseconds: number;
  readonly notes: readonly string[];
  readonly wire: readonly { readonly at: number; readonly direction: string; readonly peer: string; readonly base64: string }[];
}

export function jsonResult({ case: { id, clause, level }, verdict, milliseconds, notes, wire }: CaseResult, { outcome, reason }: Judgement): JsonResult {
  return {
    id, clause, level, verdict, outcome, ...(reason === undefined ? {} : { reason }), milliseconds, notes,
    wire: wire.map(({ at, direction, peer, text }) => ({ at, direction, peer, base64: Buffer.from(text, 'latin1').toString('base64') })),
  };
}

export function jsonReporter(write: Write): Reporter {
  const results: JsonResult[] = [];
  return {
    result: (result, judgement) => void results.push(jsonResult(result, judgement)),
    end: async () => {
      const count = (outcome: Judgement['outcome']): number => results.filter((result) => result.outcome === outcome).length;
      const summary = { cases: results.length, ok: count('ok'), failed: count('failed'), tolerated: count('tolerated'), skipped: count('skipped') };
      write(`${JSON.stringify({ summary, results }, undefined, 2)}\n`);
    },
  };
}
