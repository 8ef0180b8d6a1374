/** docs/reference/events.md: every line that a log can have, from the calls that write it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { filesBelow } from '../checks/files.mjs';
import { REPOSITORY } from '../set-up/repository.mjs';
import { code, codes, generatedFrom, table } from './markdown.mjs';
import { program } from './program.mjs';
import { textOf, visit } from './sources.mjs';

/** What writes a line: the method of which class, its level, and which argument holds the members. */
const WRITERS = new Map([
  ['Log.info', { level: 'info', members: 1 }],
  ['Log.warn', { level: 'warn', members: 1 }],
  ['Log.error', { level: 'error', members: 1 }],
  ['Log.failure', { level: 'warn or error', members: 2, always: ['errorCode', 'owner', 'reason', 'cause'] }],
  ['AuditLog.write', { level: 'audit', members: 1 }],
  ['AuditLog.#put', { level: 'audit', members: 1 }],
  ['AuditLog.writePaced', { level: 'audit', members: 1, always: ['leftOut'] }],
]);

/** Functions that hand their `event` on to one of those. */
const HANDS_ON = new Map([['countedWarning', { level: 'warn', event: 1, members: 2, always: ['count'] }]]);

function writerOf(call, checker) {
  const declaration = checker.getResolvedSignature(call)?.declaration;
  if (declaration === undefined || declaration.name === undefined) return undefined;
  const name = declaration.name.getText();
  const owner = ts.isClassDeclaration(declaration.parent)
    ? `${declaration.parent.name?.getText()}.${name}`
    : name;
  const writer = WRITERS.get(owner);
  return writer === undefined ? HANDS_ON.get(owner) : { event: 0, ...writer };
}

/** The texts that an expression can be, when it can only be some. */
function wordsOf(node, checker) {
  const own = textOf(node);
  if (own !== undefined) return [own];
  const type = checker.getTypeAtLocation(node);
  const types = type.isUnion() ? type.types : [type];
  return types.every((one) => one.isStringLiteral()) ? types.map(({ value }) => value) : [];
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
  const declaration = checker.getResolvedSignature(call)?.declaration;
  if (declaration !== undefined)
    visit(declaration, (node) => {
      if (ts.isReturnStatement(node)) members.push(...membersOf(node.expression, checker));
    });
  return members;
}

const serviceOf = (path) => {
  const [root, name] = path.split('/');
  return root === 'apps' ? name : 'any';
};

/** The function that a call stands in, if the event is that function's own parameter: it is read where it is called. */
const isHandedOn = (argument, checker) => {
  const symbol = checker.getSymbolAtLocation(argument);
  const declaration = symbol?.valueDeclaration;
  return declaration !== undefined && ts.isParameter(declaration);
};

function eventSources() {
  const { checker, files } = program();
  const lines = [];
  const unread = [];
  for (const { path, file } of files)
    visit(file, (node) => {
      if (!ts.isCallExpression(node)) return;
      const writer = writerOf(node, checker);
      if (writer === undefined) return;
      const argument = node.arguments[writer.event];
      const words = wordsOf(argument, checker);
      if (words.length === 0 && !isHandedOn(argument, checker)) unread.push(`${path}: ${argument.getText()}`);
      const members = [...membersOf(node.arguments[writer.members], checker), ...(writer.always ?? [])];
      for (const event of words)
        lines.push({ event, path, level: writer.level, service: serviceOf(path), members });
    });
  return { lines, unread, pages: pagesByEvent() };
}

/** Pages written by hand that speak of an event. */
function pagesByEvent() {
  const found = new Map();
  for (const path of filesBelow(['docs'], '.md').sort()) {
    if (/^docs\/(reference|adr|providers)\//.test(path)) continue;
    for (const [, event] of readFileSync(join(REPOSITORY, path), 'utf8').matchAll(/`([a-z]+(?:-[a-z]+)+)`/g))
      found.set(event, [...new Set([...(found.get(event) ?? []), path])]);
  }
  return found;
}

/** All lines of one name are one event. */
function eventsOf(lines) {
  const events = new Map();
  for (const { event, ...line } of lines) {
    const known = events.get(event) ?? {
      levels: new Set(),
      services: new Set(),
      members: new Set(),
      paths: new Set(),
    };
    events.set(event, known);
    known.levels.add(line.level);
    known.services.add(line.service);
    known.paths.add(line.path);
    for (const member of line.members) known.members.add(member);
  }
  return [...events].sort(([one], [other]) => one.localeCompare(other, 'en'));
}

const seeOf = (event, pages) =>
  (pages.get(event) ?? [])
    .map((path) => `[${path.slice('docs/'.length, -'.md'.length)}](../${path.slice('docs/'.length)})`)
    .join(', ');

const rowsOf = (lines, pages) =>
  eventsOf(lines).map(([event, { levels, services, members, paths }]) => [
    code(event),
    [...levels].sort().join(', '),
    [...services].sort().join(', '),
    codes([...members].sort()),
    [...paths]
      .sort()
      .map((path) => `[${path.split('/').at(-1)}](../../${path})`)
      .join(', '),
    seeOf(event, pages),
  ]);

const HEAD = ['event', 'level', 'written by', 'members', 'source', 'see'];

export const eventsPage = {
  path: 'docs/reference/events.md',
  sources: eventSources,
  text: ({ lines, unread, pages }) => {
    if (unread.length > 0)
      throw new Error(`events that cannot be read from the source:\n${unread.join('\n')}`);
    return [
      '# Events: lines of the log',
      generatedFrom('the calls that write them'),
      [
        '- A service writes one JSON object a line to standard output: `level`, `time`, `service`, with several workers `worker`, then the members, then `event`.',
        '- A member without a value is left out. Its values are ids, names and numbers: no token, code or secret, and nothing that a request brought unless it was looked at.',
        '- _Level_ `warn or error`: `error` where the failure is ours (`owner` is `us`), else `warn`. `errorCode` leads to [failure modes](../failure-modes.md).',
        '- _Written by_ `any`: by a library that several services have.',
      ].join('\n'),
      '## Events',
      table(
        HEAD,
        rowsOf(
          lines.filter(({ level }) => level !== 'audit'),
          pages,
        ),
      ),
      '## Audit lines',
      'Only with `telemetry.audit.enabled`. Each has `category` (`audit`), `process` and `seq` as well ([telemetry](../telemetry.md#audit-lines)).',
      table(
        HEAD,
        rowsOf(
          lines.filter(({ level }) => level === 'audit'),
          pages,
        ),
      ),
      '',
    ].join('\n\n');
  },
  drift: (sources) => ({
    ...sources,
    lines: sources.lines.map((line, at) => (at === 0 ? { ...line, event: `${line.event}-planted` } : line)),
  }),
  refused: (sources) => ({ ...sources, unread: ['planted'] }),
};
