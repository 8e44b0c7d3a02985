/** The imports of a TypeScript file, read from its syntax tree. */
import ts from 'typescript';

/** Parses a file's text; positions and JSDoc parents are what the scanners need. */
export const parse = (path, text) => ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true);

/** 1-based line of a node. */
export const lineOf = (file, node) => file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;

/**
 * Everything a file imports, re-exports, requires or names in an `import('...')` type.
 * `typeOnly` is true when nothing of it is left at run time (`import { type A }` still loads the module).
 */
export function importsOf(path, text) {
  const file = parse(path, text);
  const found = [];
  const add = (node, literal, typeOnly) => {
    if (literal !== undefined && ts.isStringLiteralLike(literal)) found.push({ specifier: literal.text, typeOnly, line: lineOf(file, node) });
  };
  const visit = (node) => {
    if (ts.isImportDeclaration(node)) add(node, node.moduleSpecifier, node.importClause?.isTypeOnly === true);
    else if (ts.isExportDeclaration(node)) add(node, node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isImportTypeNode(node)) add(node, ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined, true);
    else if (ts.isCallExpression(node) && isModuleCall(node)) add(node, node.arguments[0], false);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

function isModuleCall(node) {
  return node.expression.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(node.expression) && node.expression.text === 'require');
}
