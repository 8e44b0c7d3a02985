import { describe, expect, it } from 'vitest';
import { figuresOf, machine, putFigures, tableOf, verdictOf } from '../src/bench.mjs';
import { snippetsOf } from '../src/checks/snippets.mjs';
import { findMachineTraces } from '../src/checks/tracked-text.mjs';
import { countCheck, countSource, countVitest, sum } from '../src/ci-summary.mjs';
import { errorsPage, rowsOf } from '../src/docs/errors.mjs';
import { diagramOf, machinesOf } from '../src/docs/state-machines.mjs';

describe('snippets of a README', () => {
  it('takes ts fences, with their line, and knows which are not to be run', () => {
    const text = ['# X', '```ts', 'a();', '```', '```sh', 'npm i', '```', '```ts no-run', 'b();', '```'].join('\n');
    expect(snippetsOf(text)).toEqual([{ line: 2, code: 'a();\n', run: true }, { line: 8, code: 'b();\n', run: false }]);
  });
});

describe('traces of a machine', () => {
  const path = (...names) => `/${names.join('/')}`;
  it.each([`see ${path('work', 'main')}`, `'${path('home', 'ann', 'x')}'`, `${path('root', '.npm')}`, `    ${'tarball'}: https://example.org/x.tgz`, 'from registry.example.org'])('reports: %s', (line) => {
    expect(findMachineTraces(`fine\n${line}`, 'registry.example.org')).toEqual([expect.objectContaining({ line: 2 })]);
  });
  it.each([`how we ${'work/play'}`, 'node_modules/x/root/y', `https://example.org${path('home', 'x')}`])('lets pass: %s', (line) => {
    expect(findMachineTraces(line, 'registry.example.org')).toEqual([]);
  });
});

describe('docs/errors.md', () => {
  const kind = { meaning: 'Bad | worse', fault: 'remote', status: 400, section: 'RFC 4975 §7' };
  it('takes tables of errors from a module and nothing else', () => {
    expect([...rowsOf({ table: { A: kind }, all: { A: kind, B: kind }, make: () => {}, limits: { x: 1 }, empty: {} }).keys()]).toEqual(['A', 'B']);
  });
  it('has a row for each, with bars escaped', () => {
    expect(errorsPage([{ name: 'x', rows: new Map([['A', kind]]) }])).toContain('| `A` | `x` | Bad \\| worse | remote | 400 | RFC 4975 §7 |');
  });
  it('refuses a code two packages claim', () => {
    const rows = new Map([['A', kind]]);
    expect(() => errorsPage([{ name: 'x', rows }, { name: 'y', rows }])).toThrow(/A is in the tables of both x and y/);
  });
});

describe('docs/state-machines.md', () => {
  const table = { name: 'm', initial: { next: 'Idle' }, states: { Idle: { go: { next: 'Gone away', actions: [] }, leave: { next: 'Gone away' }, wait: 'Idle' } } };
  it('finds each machine once', () => expect(machinesOf({ table, tables: [table], again: table, f: () => {} })).toEqual([table]));
  it('draws a start, an arrow for all events between two states, and an end', () => {
    expect(diagramOf(table).split('\n')).toEqual([
      'stateDiagram-v2', '  state "Gone away" as Gone_away', '  [*] --> Idle', '  Idle --> Gone_away: go, leave', '  Idle --> Idle: wait', '  Gone_away --> [*]',
    ]);
  });
});

describe('bench', () => {
  const figure = { bench: 'decode', case: 'small', ratio: 0.75, unit: 'x floor', needed: 0.5 };
  it('reads figures between other lines and refuses half ones', () => {
    expect(figuresOf(`warming up\n${JSON.stringify(figure)}\n`)).toEqual([figure]);
    expect(() => figuresOf('{"bench":"decode","case":"small"}')).toThrow(/Not a figure/);
  });
  it('judges by the ratio that is needed', () => {
    expect([verdictOf(figure), verdictOf({ ratio: 0.4, needed: 0.5 }), verdictOf({ ratio: 0.4 })]).toEqual(['ok', 'missed', '']);
    expect(['>= 0.5', '>= 0.9', '<= 0.9', '<= 0.5'].map((needed) => verdictOf({ ratio: 0.7, needed }))).toEqual(['ok', 'missed', 'ok', 'missed']);
    expect(() => verdictOf({ ratio: 1, needed: 'fast' })).toThrow(/Not a bound/);
  });
  it('puts the table between the markers and nowhere else', () => {
    expect(putFigures('a\n<!-- figures -->\nold\n<!-- /figures -->\nb', tableOf([figure]))).toMatch(/^a\n<!-- figures -->\n\| bench [^]*0\.75 x floor[^]*\n<!-- \/figures -->\nb$/);
    expect(() => putFigures('nothing', '')).toThrow(/no place/);
  });
  it('names the machine without its host name', () => expect(machine()).toMatch(/cores, Node \d+/));
});

describe('the sum of a CI run', () => {
  const report = { numPassedTests: 3, numFailedTests: 0, numPendingTests: 2, success: true, testResults: [{ status: 'passed', assertionResults: [{ status: 'passed' }] }] };
  it('counts tests', () => expect(countVitest(report)).toEqual({ passed: 3, failed: 0 }));
  it('counts skipped tests as failed where none may skip', () => expect(countVitest(report, { skippedFail: true })).toEqual({ passed: 3, failed: 2 }));
  it('counts a file that could not be loaded', () => {
    expect(countVitest({ ...report, success: false, testResults: [{ status: 'failed', assertionResults: [] }] })).toEqual({ passed: 3, failed: 1 });
  });
  it('counts a run that failed as a whole', () => expect(countVitest({ ...report, success: false })).toEqual({ passed: 3, failed: 1 }));
  it('counts steps, commands and missing reports', () => {
    expect(countCheck([{ problems: [] }, { problems: ['x', 'y'] }])).toEqual({ passed: 1, failed: 1 });
    expect([countSource('command:demo:0'), countSource('command:demo:124'), countSource('vitest:unit:/nowhere.json')].map(({ failed }) => failed)).toEqual([0, 1, 1]);
  });
  it('fails when nothing ran', () => expect(sum([])).toEqual({ passed: 0, failed: 1 }));
});
