/* JUnit XML as CI systems read it: a suite for each reference point. */
import { pointOf } from '../case.js';
import type { CaseResult, Judgement } from '../result.js';
import { wireText } from '../wire-log.js';
import type { Reporter, Write } from './reporter.js';

interface Judged {
  readonly result: CaseResult;
  readonly judgement: Judgement;
}

export function junitReporter(write: Write): Reporter {
  const suites = new Map<string, Judged[]>();
  return {
    result: (result, judgement) => {
      const point = pointOf(result.case);
      suites.set(point, [...suites.get(point) ?? [], { result, judgement }]);
    },
    end: async () => {
      write(['<?xml version="1.0" encoding="UTF-8"?>', '<testsuites name="simple-im-conformance">', ...[...suites].flatMap(suiteLines), '</testsuites>', ''].join('\n'));
    },
  };
}

function suiteLines([point, judged]: [string, readonly Judged[]]): string[] {
  const count = (...outcomes: Judgement['outcome'][]): number => judged.filter(({ judgement }) => outcomes.includes(judgement.outcome)).length;
  const time = judged.reduce((sum, { result }) => sum + result.milliseconds, 0);
  return [
    `  <testsuite name="${text(point)}" tests="${judged.length}" failures="${count('failed')}" errors="0" skipped="${count('skipped', 'tolerated')}" time="${time / 1000}">`,
    ...judged.flatMap(caseLines),
    '  </testsuite>',
  ];
}

function caseLines({ result, judgement }: Judged): string[] {
  const { outcome, reason = '' } = judgement;
  const open = `    <testcase classname="${text(pointOf(result.case))}" name="${text(result.case.id)}" time="${result.milliseconds / 1000}"`;
  if (outcome === 'ok') return [`${open}/>`];
  // JUnit has no word for a failure that does not count: it is told as skipped, with its reason.
  if (outcome !== 'failed') return [`${open}>`, `      <skipped message="${text(reason)}"/>`, '    </testcase>'];
  const { clause, asks } = result.case;
  return [
    `${open}>`,
    `      <failure type="${result.verdict}" message="${text(reason)}">${text([`${clause}: ${asks}`, ...result.notes, wireText(result.wire)].join('\n'))}</failure>`,
    '    </testcase>',
  ];
}

/** Text or an attribute's value: markup escaped, what XML 1.0 cannot hold replaced. */
function text(value: string): string {
  return value.replace(/[^\t\n\x20-\ud7ff\ue000-\ufffd]/g, '\ufffd').replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
