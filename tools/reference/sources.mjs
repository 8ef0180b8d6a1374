/** Reads the programs' own source text: what a page says of it cannot be older than it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { filesBelow } from '../checks/files.mjs';
import { REPOSITORY } from '../set-up/repository.mjs';

/** Files of programs and libraries below some folders; specs, and what only they use, are left out. */
export const programFiles = (folders) =>
  filesBelow(folders, '.ts').filter(
    (path) => path.includes('/src/') && !/\.(spec|fixture)\.ts$/.test(path) && !path.includes('/testing/'),
  );

export const parsed = (path) =>
  ts.createSourceFile(path, readFileSync(join(REPOSITORY, path), 'utf8'), ts.ScriptTarget.Latest, true);

export function visit(node, see) {
  see(node);
  node.forEachChild((child) => visit(child, see));
}

export const textOf = (node) => (node !== undefined && ts.isStringLiteralLike(node) ? node.text : undefined);

/** The sentences above something, on one line. A link in them is its text. */
export function docOf(node) {
  const [last] = ts.getJSDocCommentsAndTags(node).slice(-1);
  const comment = last === undefined ? '' : (ts.getTextOfJSDocComment(last.comment) ?? '');
  return comment
    .replace(/\{@link ([^}]+)\}/g, '$1')
    .replace(/\s+/g, ' ')
    .trim();
}

/** Codes of the errors that some files make: `new GatehouseError('…')`. */
export function errorsMadeBelow(folders) {
  const codes = new Set();
  for (const path of programFiles(folders))
    visit(parsed(path), (node) => {
      if (!ts.isNewExpression(node) || node.expression.getText() !== 'GatehouseError') return;
      // Either branch of a condition.
      visit(node.arguments?.[0] ?? node, (inner) => {
        const code = textOf(inner);
        if (code !== undefined) codes.add(code);
      });
    });
  return codes;
}
