/* What stands below a test point: all of it ours, so that nothing of the harness's own source gets there. */
import type { CaseResult, Judgement } from '../result.js';
import { wireText } from '../wire-log.js';

export interface TapExtra {
  readonly at: null;
  readonly stack: '';
  readonly diagnostic: boolean;
  readonly skip?: string;
  readonly todo?: string;
  readonly [name: string]: unknown;
}

/** The extra fields of a result's test point. */
export function tapExtra(result: CaseResult, judgement: Judgement): TapExtra {
  const { clause, level, asks } = result.case;
  const base = { at: null, stack: '', diagnostic: false } as const;
  if (judgement.outcome === 'ok') return base;
  if (judgement.outcome === 'skipped') return { ...base, skip: oneLine(judgement.reason ?? '') };
  return {
    ...base,
    diagnostic: true,
    ...(judgement.outcome === 'tolerated' ? { todo: oneLine(judgement.reason ?? '') } : {}),
    verdict: result.verdict,
    reason: judgement.reason,
    clause,
    level,
    asks,
    ...(result.notes.length === 0 ? {} : { notes: [...result.notes] }),
    ...(result.wire.length === 0 ? {} : { wire: literal(wireText(result.wire)) }),
  };
}

/** Whether a result's test point is `ok`. */
export function tapOk(judgement: Judgement): boolean {
  return judgement.outcome === 'ok' || judgement.outcome === 'skipped';
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ');
}

/** A scalar of the package yaml, by which tap writes: as a literal block, or it would fold long lines of a message. */
function literal(text: string): unknown {
  return { value: `${text.trimEnd()}\n`, type: 'BLOCK_LITERAL', [Symbol.for('yaml.node.type')]: Symbol.for('yaml.scalar') };
}
