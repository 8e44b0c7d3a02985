/* The figures of a trial, as docs/reliability.md has them. */
import { appendFileSync } from 'node:fs';
import type { Outcome } from './trial.js';

/** Prints them, and appends them to the file that SIMPLE_IM_FIGURES names. */
export function report(name: string, outcome: Outcome): void {
  const { recoveries, refusals, details, ...counts } = outcome;
  const sorted = [...recoveries].sort((a, b) => a - b);
  const figures = {
    server: name, ...counts,
    recoveryMedian: Math.round(sorted[Math.floor(sorted.length / 2)] ?? 0), recoveryMost: Math.round(sorted.at(-1) ?? 0),
    refusals: Object.fromEntries(refusals),
  };
  console.log(figures, details.slice(0, 40));
  if (process.env.SIMPLE_IM_FIGURES !== undefined) appendFileSync(process.env.SIMPLE_IM_FIGURES, `${JSON.stringify(figures)}\n`);
}
