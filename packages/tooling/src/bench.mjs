#!/usr/bin/env node
/**
 * `npm run bench`: every bench of every package, one after another, as ratios of our code to its floor or peer.
 * `--quick` is passed on; `--write` puts the table into docs/performance.md; names of packages choose among them.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { collect, main } from './run.mjs';
import { root, setup } from './setup.mjs';
import { packages } from './workspace.mjs';

/** The figures a bench printed: lines of JSON `{ bench, case, ratio, unit, needed }`; other lines are talk. */
export function figuresOf(output) {
  return output.split('\n').filter((line) => line.startsWith('{')).map((line) => {
    const figure = JSON.parse(line);
    if (typeof figure.bench !== 'string' || typeof figure.case !== 'string' || !Number.isFinite(figure.ratio)) throw new Error(`Not a figure: ${line}`);
    return figure;
  });
}

/** `needed` is a number the ratio must reach, or `'>= 0.5'`, `'<= 2'`; a figure without it is there to be known. */
export function verdictOf({ ratio, needed }) {
  if (needed === undefined || needed === null) return '';
  const parts = /^(>=|<=)?\s*(\d+(?:\.\d+)?)$/.exec(String(needed).trim());
  if (parts === null) throw new Error(`Not a bound: ${needed}`);
  const bound = Number(parts[2]);
  return (parts[1] === '<=' ? ratio <= bound : ratio >= bound) ? 'ok' : 'missed';
}

export function tableOf(figures) {
  const rows = figures.map((figure) => [figure.bench, figure.case, `${figure.ratio.toFixed(2)} ${figure.unit ?? ''}`.trim(), figure.needed ?? '', verdictOf(figure)]);
  return ['| bench | case | ours | needed | verdict |', '|---|---|---|---|---|', ...rows.map((row) => `| ${row.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`)].join('\n');
}

/** The machine, as far as it explains figures: never its name. */
export function machine() {
  const processors = cpus();
  return `${processors[0].model.trim()}, ${processors.length} cores, Node ${process.versions.node}, ${process.platform} ${process.arch}`;
}

/** Replaces what stands between the markers of a page. */
export function putFigures(page, text) {
  const [from, to] = ['<!-- figures -->', '<!-- /figures -->'];
  const [start, end] = [page.indexOf(from), page.indexOf(to)];
  if (start === -1 || end < start) throw new Error(`docs/performance.md has no place for figures: ${from} ... ${to}`);
  return `${page.slice(0, start + from.length)}\n${text}\n${page.slice(end)}`;
}

async function runBenches(members, args) {
  const figures = [];
  const broken = [];
  for (const member of members) {
    const script = join(member.folder, 'bench/run.mjs');
    if (!existsSync(script)) continue;
    console.error(`${member.name} ...`);
    const { status, output } = await collect(process.execPath, [script, ...args], { cwd: member.folder, standardOutputOnly: true });
    if (status !== 0) broken.push(`${member.path}/bench/run.mjs exited with ${status}`);
    const own = figuresOf(output);
    if (own.length === 0) broken.push(`${member.path}/bench/run.mjs printed no figure`);
    figures.push(...own);
  }
  return { figures, broken };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  setup();
  await main(async () => {
    const given = process.argv.slice(2);
    const flags = given.filter((argument) => argument.startsWith('--') && argument !== '--write');
    const names = given.filter((argument) => !argument.startsWith('--'));
    const { build } = await import('./build.mjs');
    await build({ log: (line) => console.error(line) });
    const { figures, broken } = await runBenches(packages().filter((member) => names.length === 0 || names.includes(member.short)), flags);
    const text = `Measured on ${machine()}.\n\n${tableOf(figures)}`;
    console.log(text);
    if (given.includes('--write')) {
      const page = join(root, 'docs/performance.md');
      const before = existsSync(page) ? readFileSync(page, 'utf8') : '# Performance\n\n<!-- figures -->\n<!-- /figures -->\n';
      writeFileSync(page, putFigures(before, `\n${text}\n`));
    }
    for (const line of broken) console.error(line);
    const missed = figures.some((figure) => verdictOf(figure) === 'missed');
    if (broken.length > 0 || missed || figures.length === 0) process.exitCode = 1;
  });
}
