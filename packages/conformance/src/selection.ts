import { pointOf, type ConformanceCase } from './case.js';
import { conformanceError } from './errors.js';

export interface Selection {
  /** Reference points, such as `IM-1`; all when empty. */
  readonly points?: readonly string[];
  /** Globs over ids: `*` within a part, `**` across parts. All when empty. */
  readonly run?: readonly string[];
  /** Globs; what they match is reported as skipped. */
  readonly skip?: readonly string[];
  /** Also cases that wait for real timers of the target; skipped otherwise. Default false. */
  readonly slow?: boolean;
}

/** A glob over ids as a test: `*` is anything but `/`, `**` is anything. */
export function globTest(glob: string): (id: string) => boolean {
  const source = glob.split('**').map((part) => part.split('*').map(escaped).join('[^/]*')).join('.*');
  const pattern = new RegExp(`^${source}$`);
  return (id) => pattern.test(id);
}

function escaped(text: string): string {
  return text.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
}

/** The cases to report, in their order. Throws CONFORMANCE_USAGE for what matches nothing, CONFORMANCE_NOTHING_SELECTED. */
export function selectCases(all: readonly ConformanceCase[], { points = [], run = [], skip = [] }: Selection): ConformanceCase[] {
  const known = new Set(all.map(pointOf));
  const noPoint = points.find((point) => !known.has(point));
  if (noPoint !== undefined) throw conformanceError('CONFORMANCE_USAGE', { detail: `--points ${noPoint}: there are cases for ${[...known].join(', ')}` });
  const idle = [...run, ...skip].find((glob) => !all.some(({ id }) => globTest(glob)(id)));
  if (idle !== undefined) throw conformanceError('CONFORMANCE_USAGE', { detail: `${JSON.stringify(idle)} matches no case; --list shows them` });
  const wanted = run.map(globTest);
  const selected = all.filter((testCase) => (points.length === 0 || points.includes(pointOf(testCase)))
    && (wanted.length === 0 || wanted.some((matches) => matches(testCase.id))));
  const unwanted = skip.map(globTest);
  if (selected.every(({ id }) => unwanted.some((matches) => matches(id)))) throw conformanceError('CONFORMANCE_NOTHING_SELECTED', {});
  return selected;
}

/** Why a selected case is not to be run: it was asked to be left out, or it takes long and was not asked for. */
export function skipReasonOf({ id, slow }: ConformanceCase, { skip = [], slow: wanted = false }: Selection): string | undefined {
  if (skip.some((glob) => globTest(glob)(id))) return 'left out by --skip';
  return slow === undefined || wanted ? undefined : `takes up to ${slow} s: --slow runs it`;
}
