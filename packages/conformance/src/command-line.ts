import { parseArgs } from 'node:util';
import { usage } from './errors.js';
import { options, type Option, type OptionName } from './options.js';
import { readTargetFile, readText, targetOf, type Target, type TargetText } from './profile.js';
import { readKnownFailing, type Rules } from './result.js';
import type { Selection } from './selection.js';

export interface ReportChoice {
  readonly format: 'tap' | 'junit' | 'json';
  /** Standard output when undefined. */
  readonly file: string | undefined;
}

export type Command =
  | { readonly kind: 'help' | 'version' }
  | { readonly kind: 'list'; readonly selection: Selection }
  | { readonly kind: 'explain'; readonly id: string }
  | {
    readonly kind: 'run'; readonly target: Target; readonly selection: Selection; readonly rules: Rules;
    readonly reports: readonly ReportChoice[]; readonly timeout: number;
  };

type Values = Partial<Record<OptionName, string | boolean | readonly string[]>>;

/** Reads the command line and the files it names. Throws CONFORMANCE_USAGE. */
export function parseCommandLine(argv: readonly string[]): Command {
  const values = valuesOf(argv);
  if (values.help === true) return { kind: 'help' };
  if (values.version === true) return { kind: 'version' };
  const text = (name: OptionName): string | undefined => values[name] as string | undefined;
  const list = (name: OptionName): readonly string[] => (values[name] as readonly string[] | undefined) ?? [];
  const explain = text('explain');
  if (explain !== undefined) return { kind: 'explain', id: explain };
  const points = (text('points') ?? '').split(',').filter((point) => point !== '');
  const selection = { points, run: list('run'), skip: list('skip'), slow: values.slow === true };
  if (values.list === true) return { kind: 'list', selection };
  const knownFailing = text('known-failing');
  return {
    kind: 'run',
    target: target(values),
    selection,
    rules: {
      strict: values.strict === true,
      knownFailing: knownFailing === undefined ? new Map() : readKnownFailing(readText(knownFailing, `--known-failing ${knownFailing}`)),
    },
    reports: reportChoices(list('report')),
    timeout: duration(text('timeout') ?? '5s'),
  };
}

function valuesOf(argv: readonly string[]): Values {
  const spec = Object.fromEntries(Object.entries<Option>(options).map(([name, option]) => {
    const type: 'boolean' | 'string' = option.value === undefined ? 'boolean' : 'string';
    return [name, { type, multiple: option.repeat === true }];
  }));
  try {
    return parseArgs({ args: [...argv], options: spec, allowPositionals: false, strict: true }).values as Values;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined || !code.startsWith('ERR_PARSE_ARGS_')) throw error;
    throw usage(`${(message.split(/\.\s|\n/, 1)[0] ?? '').replace(/\.$/, '')}; --help lists the options`, error);
  }
}

function target(values: Values): Target {
  const file: TargetText = values.target === undefined ? {} : readTargetFile(values.target as string);
  const names = ['domain', 'sip', 'ws', 'msrp', 'msrp-ws', 'trusted', 'xcap', 'users'] as const;
  const given = Object.fromEntries(names.flatMap((name) => (values[name] === undefined ? [] : [[name, values[name]]])));
  return targetOf({ ...file, ...given });
}

function reportChoices(given: readonly string[]): ReportChoice[] {
  const choices = (given.length === 0 ? ['tap'] : given).map((text) => {
    const [format = '', ...file] = text.split(':');
    if (format !== 'tap' && format !== 'junit' && format !== 'json') {
      throw usage(`--report ${text}: expected tap, junit or json, perhaps with :FILE`);
    }
    if (file.length > 0 && file.join(':') === '') throw usage(`--report ${text}: the file's name is missing`);
    return { format, file: file.length === 0 ? undefined : file.join(':') } as const;
  });
  if (choices.filter(({ file }) => file === undefined).length > 1) {
    throw usage('--report: only one report can go to standard output, give the others a file');
  }
  return choices;
}

const milliseconds: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 };

function duration(text: string): number {
  const found = /^(\d{1,6})(ms|s|m)$/.exec(text);
  const value = Number(found?.[1]) * (milliseconds[found?.[2] ?? ''] ?? 0);
  if (!(value > 0)) throw usage(`--timeout ${text}: expected a time such as 500ms or 5s`);
  return value;
}
