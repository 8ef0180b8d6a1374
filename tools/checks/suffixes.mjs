/**
 * The suffix of a file tells what it may touch (CONTRIBUTING.md): a file without one is pure. It uses no database, bus,
 * network or timer, and nothing that does.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { REPOSITORY } from '../set-up/repository.mjs';
import { report } from './report.mjs';

/** Apps that keep the rule. */
const APPS = ['authorization-server', 'token-vault', 'vmcp-proxy'];

const TEST = /\.(spec|fixture)\.ts$|\/(testing|generated)\//;
/** What a suffix stands for in a file name: `connection.store.ts`. */
const SUFFIXED =
  /\.(store|client|handler|controller|flow|job|module|filter|guard|interceptor|decorator)\.(ts|js)$/;
const TOUCHES = new Set([
  '@gatehouse/persistence/database',
  '@gatehouse/messaging/contract-client',
  '@gatehouse/messaging/event-bus',
  '@gatehouse/messaging/key-value',
  '@gatehouse/safe-fetch/safe-fetch',
  'node:timers/promises',
]);
const TIMERS = new Set(['setInterval', 'setTimeout', 'setImmediate']);

/**
 * What a source uses that only a file with a suffix may use.
 * @param {string} name
 * @param {string} text
 */
export function impurities(name, text) {
  const source = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true);
  /** @type {string[]} */
  const found = [];
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
      const { text: specifier } = node.moduleSpecifier;
      if (hasValues(node) && (TOUCHES.has(specifier) || SUFFIXED.test(specifier))) found.push(specifier);
    }
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && TIMERS.has(node.expression.text))
      found.push(node.expression.text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** @param {ts.ImportDeclaration} declaration */
function hasValues({ importClause }) {
  if (importClause === undefined || importClause.phaseModifier === ts.SyntaxKind.TypeKeyword) return false;
  const { namedBindings } = importClause;
  if (namedBindings === undefined || !ts.isNamedImports(namedBindings)) return true;
  return importClause.name !== undefined || namedBindings.elements.some(({ isTypeOnly }) => !isTypeOnly);
}

/** @type {string[]} */
const problems = [];
// A rule that finds nothing proves nothing.
const planted = impurities(
  'planted.ts',
  "import { Store } from './planted.store.js';\nimport type { Other } from './other.store.js';\nsetTimeout(Store, 1);",
);
if (planted.join() !== './planted.store.js,setTimeout')
  problems.push(`what was planted is told as ${planted.join()}`);

let looked = 0;
for (const app of APPS)
  // The files beside the rooms put everything together.
  for (const file of globSync(`apps/${app}/src/*/**/*.ts`, { cwd: REPOSITORY })) {
    if (TEST.test(file) || SUFFIXED.test(file)) continue;
    looked += 1;
    for (const what of impurities(file, readFileSync(join(REPOSITORY, file), 'utf8')))
      problems.push(`${file} has no suffix, and uses ${what}`);
  }

report(problems, { looked });
