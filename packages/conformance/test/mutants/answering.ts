import type { Mutant } from './mutant.js';

const branchOf = (text: string): string | undefined => /;branch=(z9hG4bK\w+)/.exec(text)?.[1];

/** Rewrites only what is answered to the requests in which `where` is found. */
export function answering(where: RegExp, pattern: RegExp, replacement: string): Required<Pick<Mutant, 'fromServer' | 'toServer'>> {
  const branches = new Set<string | undefined>();
  return {
    toServer: (text) => {
      if (where.test(text)) branches.add(branchOf(text));
      return text;
    },
    fromServer: (text) => (text.startsWith('SIP/2.0 ') && branches.has(branchOf(text)) ? text.replace(pattern, replacement) : text),
  };
}
