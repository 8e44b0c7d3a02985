import type { CaseResult, Judgement } from '../result.js';

/** Takes results one after the other; gives its text to `write`. */
export interface Reporter {
  readonly result: (result: CaseResult, judgement: Judgement) => void;
  /** All is told. */
  readonly end: () => Promise<void>;
}

export type Write = (text: string) => void;
