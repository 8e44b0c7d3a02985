import type { ConformanceCase } from './case.js';
import type { WireEntry } from './wire-log.js';

export type Verdict = 'pass' | 'fail' | 'inconclusive' | 'skip';

export interface CaseResult {
  readonly case: ConformanceCase;
  readonly verdict: Verdict;
  /** Why, for everything but a pass. */
  readonly reason?: string;
  readonly milliseconds: number;
  readonly notes: readonly string[];
  readonly wire: readonly WireEntry[];
}

export interface Rules {
  /** Whether a SHOULD counts as a SHALL does. */
  readonly strict?: boolean;
  /** Ids of the cases that are known to fail, with a remark. */
  readonly knownFailing?: ReadonlyMap<string, string>;
}

/** What a result means for the run. */
export interface Judgement {
  /** `tolerated`: it did not pass, and that does not count. */
  readonly outcome: 'ok' | 'failed' | 'tolerated' | 'skipped';
  readonly reason?: string;
}

/** Verdict, level and known failures together. A known failure that passes is a failure: its list is out of date. */
export function judge(result: CaseResult, { strict = false, knownFailing = new Map() }: Rules): Judgement {
  const { verdict, reason = '' } = result;
  const { id, level } = result.case;
  const remark = knownFailing.get(id);
  if (verdict === 'skip') return { outcome: 'skipped', reason };
  if (verdict === 'pass') return remark === undefined ? { outcome: 'ok' } : { outcome: 'failed', reason: 'it is listed as known to fail, and passes: take it off the list' };
  const what = verdict === 'inconclusive' ? `inconclusive: ${reason}` : reason;
  if (remark !== undefined) return { outcome: 'tolerated', reason: `known to fail${remark === '' ? '' : ` (${remark})`}: ${what}` };
  const counts = level === 'SHALL' || (level === 'SHOULD' && strict);
  return counts ? { outcome: 'failed', reason: what } : { outcome: 'tolerated', reason: `${level}: ${what}` };
}

/** Reads a list of known failures: an id a line, then perhaps `# remark`. */
export function readKnownFailing(text: string): Map<string, string> {
  return new Map(text.split('\n').flatMap((line) => {
    const [id = '', ...remark] = line.split('#');
    return id.trim() === '' ? [] : [[id.trim(), remark.join('#').trim()] as const];
  }));
}
