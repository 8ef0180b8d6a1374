/**
 * Every call that writes a line of the log, with its event, level and members. A function that hands its `event` on is one that
 * writes, too: its callers are read in its place, through as many functions as there are.
 */
import ts from 'typescript';
import { program } from './program.mjs';
import { textOf, visit } from './sources.mjs';

/**
 * @typedef {object} Writer
 * @property {number} event which argument is the event
 * @property {string | undefined} level
 * @property {number | undefined} levelAt which argument is the level, where no other says it
 * @property {number | undefined} members which argument holds the members
 * @property {readonly string[]} always members that it adds
 */

const OF_FAILURES = ['errorCode', 'owner', 'reason', 'cause'];
const own = (level, members = 1, always = []) => ({ event: 0, level, levelAt: undefined, members, always });

const METHODS = new Map([
  ['Log.info', own('info')],
  ['Log.warn', own('warn')],
  ['Log.error', own('error')],
  ['Log.failure', own('info, warn or error', 2, OF_FAILURES)],
  ['AuditLog.write', own('audit')],
  ['AuditLog.#put', own('audit')],
  ['AuditLog.writePaced', own('audit', 1, ['leftOut'])],
]);

const declarationOf = (call, checker) => checker.getResolvedSignature(call)?.declaration;

/** @returns {Writer | undefined} */
function writerOf(call, checker, writers) {
  const declaration = declarationOf(call, checker);
  if (declaration === undefined) return undefined;
  const parent = declaration.parent;
  const owner = parent !== undefined && ts.isClassDeclaration(parent) ? parent.name?.getText() : undefined;
  return METHODS.get(`${owner}.${declaration.name?.getText()}`) ?? writers.get(declaration);
}

/** The texts that an expression can be, when it can only be some. */
function wordsOf(node, checker) {
  const written = textOf(node);
  if (written !== undefined) return [written];
  if (ts.isElementAccessExpression(node)) return valuesOf(node.expression, checker);
  const type = checker.getTypeAtLocation(node);
  const types = type.isUnion() ? type.types : [type];
  return types.every((one) => one.isStringLiteral()) ? types.map(({ value }) => value) : [];
}

/** Those of a table of texts. */
function valuesOf(node, checker) {
  const table = checker.getSymbolAtLocation(node)?.valueDeclaration?.initializer;
  const words = [];
  if (table !== undefined)
    visit(table, (inner) => {
      const word = ts.isPropertyAssignment(inner) ? textOf(inner.initializer) : undefined;
      if (word !== undefined) words.push(word);
    });
  return words;
}

/** The function whose parameter an expression is, and which one. */
function parameterOf(node, checker) {
  const declaration = node === undefined ? undefined : checker.getSymbolAtLocation(node)?.valueDeclaration;
  if (declaration === undefined || !ts.isParameter(declaration)) return undefined;
  return { of: declaration.parent, at: declaration.parent.parameters.indexOf(declaration) };
}

function membersOf(node, checker) {
  if (node === undefined) return [];
  const type = checker.getTypeAtLocation(node);
  const parts = type.isUnion() ? type.types : [type];
  const members = parts.flatMap((part) => checker.getPropertiesOfType(part).map((one) => one.getName()));
  return members.length === 0 && ts.isCallExpression(node) ? returnedMembers(node, checker) : members;
}

/** Of a function whose type says less than what it returns. */
function returnedMembers(call, checker) {
  const members = [];
  const declaration = declarationOf(call, checker);
  if (declaration !== undefined)
    visit(declaration, (node) => {
      if (ts.isReturnStatement(node)) members.push(...membersOf(node.expression, checker));
    });
  return members;
}

/** Which parameter of a function the members are from: handed on as they are, or spread among others. */
function handedMembers(node, handing, checker) {
  const parts = node !== undefined && ts.isObjectLiteralExpression(node) ? node.properties : [node];
  for (const part of parts) {
    const parameter = parameterOf(
      part !== undefined && ts.isSpreadAssignment(part) ? part.expression : part,
      checker,
    );
    if (parameter !== undefined && parameter.of === handing) return parameter.at;
  }
  return undefined;
}

/** `log[level](…)`: its caller says the level. */
const levelParameter = ({ expression }, checker) =>
  ts.isElementAccessExpression(expression)
    ? parameterOf(expression.argumentExpression, checker)?.at
    : undefined;

/** A function that hands its event on to a writer is a writer. */
function handingOn(call, writer, checker) {
  const event = parameterOf(call.arguments[writer.event], checker);
  if (event === undefined) return undefined;
  const members = writer.members === undefined ? undefined : call.arguments[writer.members];
  return {
    of: event.of,
    writer: {
      event: event.at,
      level: writer.level,
      levelAt:
        levelParameter(call, checker) ?? parameterOf(call.arguments[writer.levelAt ?? -1], checker)?.at,
      members: handedMembers(members, event.of, checker),
      always: [...writer.always, ...membersOf(members, checker)],
    },
  };
}

/** @returns {Map<ts.Node, Writer>} by the declaration of the function */
function handingFunctions(calls, checker) {
  const writers = new Map();
  for (let before = -1; before !== writers.size;) {
    before = writers.size;
    for (const { call } of calls) {
      const writer = writerOf(call, checker, writers);
      const found = writer === undefined ? undefined : handingOn(call, writer, checker);
      if (found !== undefined && !isOfLog(found.of)) writers.set(found.of, found.writer);
    }
  }
  return writers;
}

/** The log's own methods hand on to each other. */
const isOfLog = (declaration) =>
  ts.isClassDeclaration(declaration.parent) && /^(Audit)?Log$/.test(declaration.parent.name?.getText() ?? '');

const serviceOf = (path) => {
  const [root, name] = path.split('/');
  return root === 'apps' ? name : 'any';
};

const levelsOf = (call, { level, levelAt }, checker) => {
  const said = levelAt === undefined ? [] : wordsOf(call.arguments[levelAt], checker);
  return said.length === 0 ? [level] : said;
};

export function eventSources() {
  const { checker, files } = program();
  const calls = [];
  for (const { path, file } of files)
    visit(file, (node) => {
      if (ts.isCallExpression(node)) calls.push({ path, call: node });
    });
  const writers = handingFunctions(calls, checker);
  const lines = [];
  const unread = [];
  for (const { path, call } of calls) {
    const writer = writerOf(call, checker, writers);
    const argument = writer === undefined ? undefined : call.arguments[writer.event];
    if (writer === undefined || argument === undefined) continue;
    const words = wordsOf(argument, checker);
    if (words.length === 0 && parameterOf(argument, checker) === undefined)
      unread.push(`${path}: ${call.getText().slice(0, 120)}`);
    const members = [...membersOf(call.arguments[writer.members ?? -1], checker), ...writer.always];
    for (const level of levelsOf(call, writer, checker))
      for (const event of words) lines.push({ event, path, level, service: serviceOf(path), members });
  }
  return { lines, unread };
}
