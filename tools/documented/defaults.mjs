/** Defaults that hand-written pages name are those of the schema. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gatehouseYamlTree } from '../../libs/config/dist/structure/structure.js';
import { REPOSITORY } from '../set-up/repository.mjs';

/** `` `aggregation.cacheTtl` (default `5m`) `` in a sentence; a unit in words counts as well as one in letters. */
const IN_PROSE = /`([a-zA-Z][\w.[\]<>-]*)` \(default:? `?([^`)\s,]+)`?[),]/g;
/** A row of a table whose header has "default". */
const ROW = /^\|\s*`([a-zA-Z][\w.[\]<>-]*)`\s*\|/;
const VARIABLE = /^[A-Z][A-Z_]+$/;
const compose = readFileSync(join(REPOSITORY, 'docker-compose.yml'), 'utf8');

const written = (value) => (typeof value === 'string' || value === undefined ? value : JSON.stringify(value));

/** Every field with its path and its default, as the page of the configuration writes them. */
const fields = new Map(fieldsBelow('', gatehouseYamlTree));

function fieldsBelow(path, node) {
  if (node.kind === 'list') return fieldsBelow(`${path}[]`, node.element);
  if (node.kind === 'map') return fieldsBelow(`${path}.<name>`, node.value);
  if (node.kind !== 'object') return [];
  return [...node.fields].flatMap(([name, field]) => {
    const at = path === '' ? name : `${path}.${name}`;
    return [[at, field.node.derived ?? written(field.fallback)], ...fieldsBelow(at, field.node)];
  });
}

/**
 * @param {string} prose a page without its blocks
 * @returns {{ line: number, problem: string }[]}
 */
export function defaultProblems(prose) {
  let column = -1;
  return prose.split('\n').flatMap((text, index) => {
    const inProse = [...text.matchAll(IN_PROSE)].map(([, field, value]) => compared(field, value));
    const cells = text.startsWith('|') ? cellsOf(text) : [];
    if (cells.length === 0) column = -1;
    else if (cells.some((cell) => /^default$/i.test(cell)))
      column = cells.findIndex((cell) => /^default$/i.test(cell));
    const field = ROW.exec(text)?.[1];
    const value = column === -1 ? undefined : /^`([^`]+)`/.exec(cells[column] ?? '')?.[1];
    const inTable = field === undefined || value === undefined ? undefined : compared(field, value);
    return [...inProse, inTable]
      .filter((problem) => problem !== undefined)
      .map((problem) => ({ line: index + 1, problem }));
  });
}

const cellsOf = (row) =>
  row
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim());

/** A name is enough where all fields of that name have one default. Names of other things are not looked up. */
function compared(field, value) {
  if (VARIABLE.test(field)) return ofCompose(field, value);
  const exact = fields.has(field) ? [field] : [...fields.keys()].filter((path) => path.endsWith(`.${field}`));
  if (exact.length === 0)
    return field.includes('.') ? `the configuration has no field \`${field}\`` : undefined;
  const defaults = new Set(exact.map((path) => fields.get(path)));
  if ([...defaults].some((known) => known !== undefined && same(known, value))) return undefined;
  return `the default of \`${field}\` is ${[...defaults].map((known) => known ?? 'none').join(' or ')}, not ${value}`;
}

const same = (left, right) => left.replace(/[\s`"']/g, '') === right.replace(/[\s`"']/g, '');

/** Variables of the compose file have their defaults there; others are not looked up. */
function ofCompose(name, value) {
  const defaults = new Set(
    [...compose.matchAll(new RegExp(`\\$\\{${name}:-([^}]*)\\}`, 'g'))].map(([, one]) => one),
  );
  return defaults.size === 0 || defaults.has(value)
    ? undefined
    : `the default of ${name} in docker-compose.yml is ${[...defaults].join(' or ')}, not ${value}`;
}
