import { defineErrors, type ErrorKind } from '@simple-im/grammar';

/** The errors of this package. What the target does wrong is a verdict, not an error. */
export const conformanceErrors = {
  CONFORMANCE_USAGE: { meaning: 'The command line or a file it names asks for something there is not', fault: 'local' },
  CONFORMANCE_NOTHING_SELECTED: { meaning: 'No case is selected', fault: 'local' },
  CONFORMANCE_NOT_REACHABLE: { meaning: 'The target does not answer', fault: 'remote' },
  CONFORMANCE_HARNESS: { meaning: 'The harness itself failed', fault: 'local' },
} as const satisfies Record<string, ErrorKind>;

export const conformanceError = defineErrors(conformanceErrors);

/** What a person who ran the program got wrong. */
export const usage = (detail: string, cause?: unknown): Error => conformanceError('CONFORMANCE_USAGE', { detail, cause });
