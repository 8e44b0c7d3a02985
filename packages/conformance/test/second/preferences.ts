/* Caller preferences (RFC 3841 §7.2) as few lines as they can be: for booleans, tokens and strings. */
import { headers } from '../../src/sip-text.js';
import type { Binding } from './registrar.js';

type Terms = ReadonlyMap<string, readonly string[]>;

const base = /^(?:audio|automata|class|duplex|data|control|mobility|description|events|priority|methods|extensions|schemes|application|video|language|type|isfocus|actor|text)$|^\+/;

/** The feature parameters of a Contact, Accept-Contact or Reject-Contact value. */
function terms(parameters: string): Terms {
  return new Map([...parameters.matchAll(/;\s*([\w+.-]+)(?:="([^"]*)")?/g)].flatMap(([, name = '', value = 'TRUE']) => {
    if (!base.test(name) || name === '+sip.instance') return [];
    return [[name, value.startsWith('<') ? [value] : value.toLowerCase().split(',')] as const];
  }));
}

/** Whether both can be true of one device: what one says nothing of is no obstacle (RFC 2533). */
function matches(wanted: Terms, contact: Terms): boolean {
  return [...wanted].every(([name, values]) => contact.get(name)?.some((value) => values.includes(value)) ?? true);
}

interface Preference {
  readonly wanted: Terms;
  readonly require: boolean;
  readonly explicit: boolean;
}

function preferences(text: string, long: string, short: string): Preference[] {
  return [...headers(text, long), ...headers(text, short)].map((value) => ({
    wanted: terms(value), require: /;\s*require\b/.test(value), explicit: /;\s*explicit\b/.test(value),
  }));
}

/** The bindings that are left, best first, those of one rank together. */
export function preferred(text: string, bindings: readonly Binding[]): readonly (readonly Binding[])[] {
  const [accept, reject] = [preferences(text, 'Accept-Contact', 'a'), preferences(text, 'Reject-Contact', 'j')];
  const implicit = accept.length + reject.length === 0;
  const method = { wanted: terms(`;methods="${text.split(' ', 1)[0]}"`), require: true, explicit: false };
  const ranked = bindings.flatMap((binding) => {
    const score = rank(terms(binding.parameters), implicit ? [method] : accept, reject);
    return score === undefined ? [] : [{ binding, score }];
  });
  // §7.2.4, last paragraphs.
  const left = ranked.length === 0 && implicit ? bindings.map((binding) => ({ binding, score: 1 })) : ranked;
  const ranks = [...new Set(left.map(({ binding, score }) => binding.q * 1000 + (implicit ? 0 : score)))].sort((one, other) => other - one);
  return ranks.map((place) => left.filter(({ binding, score }) => binding.q * 1000 + (implicit ? 0 : score) === place).map(({ binding }) => binding));
}

/** Qa of a contact; undefined when it is discarded. */
function rank(contact: Terms, accept: readonly Preference[], reject: readonly Preference[]): number | undefined {
  if (contact.size === 0) return 1;
  if (reject.some(({ wanted }) => [...wanted.keys()].every((name) => contact.has(name)) && matches(wanted, contact))) return undefined;
  const scores: number[] = [];
  for (const { wanted, require, explicit } of accept) {
    if (!matches(wanted, contact)) {
      if (require) return undefined;
      continue;
    }
    const score = [...wanted.keys()].filter((name) => contact.has(name)).length / Math.max(wanted.size, 1);
    if (score < 1 && explicit && require) return undefined;
    scores.push(score < 1 && explicit ? 0 : score);
  }
  return scores.length === 0 ? 0 : scores.reduce((sum, score) => sum + score) / scores.length;
}
