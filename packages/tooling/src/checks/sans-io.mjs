/**
 * Time hidden in dates. oxlint keeps timers, `Date.now`, randomness and `node:` out of protocol code; that `new Date(ms)`
 * is fine there while `new Date()` reads the clock is more than its rules can say.
 */
import ts from 'typescript';
import { filesUnder, isSource } from '../workspace.mjs';
import { lineOf, parse } from './imports.mjs';

/** Packages that do input and output by trade, and folders of drivers in others. */
const exempt = ['testkit', 'tooling', 'conformance'];
const drivers = /^packages\/transport\/src\/(node|web|fake)\//;

/** What of `Date` only calculates. `Date.now` is left to oxlint, which reports it with its own message. */
const pure = ['UTC', 'parse', 'now'];

/** Each place of a file that reads the clock through `Date` or may do so under another name, as `{ line, problem }`. */
export function findClockReads(path, text) {
  const file = parse(path, text);
  const found = [];
  const visit = (node) => {
    if (ts.isIdentifier(node) && node.text === 'Date' && !ts.isTypeReferenceNode(node.parent) && !onlyCalculates(node)) {
      found.push({ line: lineOf(file, node), problem: 'may read the clock through Date: take the time as an argument' });
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** `new Date(ms)`, `Date.UTC(...)`, `Date.parse(...)`, `x instanceof Date`, or a member that happens to be named Date. */
function onlyCalculates(node) {
  const { parent } = node;
  if (ts.isNewExpression(parent)) return parent.expression === node && (parent.arguments ?? []).length > 0;
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node || pure.includes(parent.name.text);
  if (ts.isBinaryExpression(parent)) return parent.operatorToken.kind === ts.SyntaxKind.InstanceOfKeyword;
  return (ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent) || ts.isPropertyDeclaration(parent)) && parent.name === node;
}

export function checkSansIo({ members, read, pathOf }) {
  const files = members.filter((member) => member.path.startsWith('packages/') && !exempt.includes(member.short))
    .flatMap((member) => filesUnder(`${member.folder}/src`, isSource));
  return files.map((file) => [pathOf(file), file]).filter(([path]) => !drivers.test(path))
    .flatMap(([path, file]) => findClockReads(path, read(file)).map(({ line, problem }) => `${path}:${line}: ${problem}`));
}
