import type { z } from 'zod';
import { OWN_WORDS } from '../yaml/checks.js';
import { nearestName } from '../findings/nearest-name.js';
import type { Finding } from '../findings/problems.js';
import type { Path } from '../findings/path.js';
import { nodeAt, type SchemaNode } from '../yaml/schema-tree.js';

/** The value that a path leads to in plain data. */
export function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Readonly<Record<string | number, unknown>>)[step];
  }
  return value;
}

export interface ShapeFindings {
  readonly findings: readonly Finding[];
  /** The known fields that were probably meant by unknown ones. */
  readonly meant: readonly Path[];
}

/** What zod found, in our words. An unknown field that is near a missing one is reported once, as the misspelling it is. */
export function shapeFindings(
  tree: SchemaNode,
  value: unknown,
  issues: readonly z.core.$ZodIssue[],
): ShapeFindings {
  const unknown = issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys.map((key) => unknownField(tree, pathOf(issue), key)) : [],
  );
  const meant = unknown.flatMap(({ meantPath }) =>
    meantPath === undefined || valueAt(value, meantPath) !== undefined ? [] : [meantPath],
  );
  const misspelled = new Set(meant.map((path) => JSON.stringify(path)));
  const others = issues
    .filter(({ code }) => code !== 'unrecognized_keys' && code !== OWN_WORDS)
    .map((issue) => wrongValue(tree, value, issue));
  const checked = issues.flatMap((issue) => (issue.code === OWN_WORDS ? [saidByCheck(issue)] : []));
  const known = [...others, ...checked].filter(({ path }) => !misspelled.has(JSON.stringify(path)));
  return { findings: [...unknown.map(({ finding }) => finding), ...known], meant };
}

const saidByCheck = (issue: z.core.$ZodIssueCustom): Finding => {
  const instead: unknown = issue.params?.['instead'];
  return {
    path: pathOf(issue),
    message: issue.message,
    ...(typeof instead === 'string' ? { instead } : {}),
  };
};

const pathOf = (issue: z.core.$ZodIssue): Path =>
  issue.path.map((step) => (typeof step === 'symbol' ? step.toString() : step));

function unknownField(
  tree: SchemaNode,
  path: Path,
  key: string,
): { readonly finding: Finding; readonly meantPath: Path | undefined } {
  const node = nodeAt(tree, path);
  const known = node?.kind === 'object' ? [...node.fields.keys()] : [];
  const place = [...path, key];
  const elsewhere = node === undefined ? undefined : mistake(node, key);
  if (elsewhere !== undefined)
    return {
      finding: { path: place, message: 'This field does not exist here.', instead: elsewhere },
      meantPath: undefined,
    };
  const nearest = nearestName(key, known);
  if (nearest === undefined)
    return {
      finding: { path: place, message: `Unknown field. Known here: ${known.join(', ')}.` },
      meantPath: undefined,
    };
  return {
    finding: { path: place, message: `Unknown field. Did you mean ${nearest}?`, instead: `${nearest}:` },
    meantPath: [...path, nearest],
  };
}

function wrongValue(tree: SchemaNode, root: unknown, issue: z.core.$ZodIssue): Finding {
  const path = pathOf(issue);
  const node = nodeAt(tree, path);
  const value = valueAt(root, path);
  if (node === undefined) return { path, message: 'This is not expected here.' };
  if (value === undefined) return { path, message: 'This field is required.', ...example(node, path) };
  if (value === null) return { path, message: 'The value is missing.', ...example(node, path) };
  if (node.secret === true)
    return {
      path,
      message: 'A secret is never written in plain text: write a reference to where it is.',
      ...example(node, path),
    };
  if (node.kind === 'choice') return wrongChoice(node, path, value);
  if (node.kind === 'countOr') return wrongCountOr(node, path, value);
  if (node.kind === 'number' && typeof value === 'number')
    return { path, message: 'The number is out of range.' };
  if (node.format === 'duration' && typeof value === 'number')
    return { path, message: 'A duration needs its unit (ms, s, m, h, d).', instead: `${value}s` };
  return { path, message: `Expected ${NAMES[node.kind]}, found ${kindOf(value)}.`, ...repaired(node, value) };
}

const NAMES = {
  object: 'fields',
  map: 'fields',
  list: 'a list',
  choice: 'a text',
  text: 'a text',
  number: 'a whole number',
  countOr: 'a whole number',
  flag: 'true or false',
} as const satisfies Record<SchemaNode['kind'], string>;

function wrongChoice(node: Extract<SchemaNode, { kind: 'choice' }>, path: Path, value: unknown): Finding {
  const offered = node.values.filter((choice) => node.aliases?.[choice] === undefined);
  if (typeof value === 'string' && node.refused?.includes(value) === true)
    return { path, message: `${value} is not supported in this release. Supported: ${offered.join(', ')}.` };
  const written = typeof value === 'string' ? value : '';
  const nearest = mistake(node, written) ?? nearestName(written, offered);
  return {
    path,
    message: `Expected one of: ${offered.join(', ')}.`,
    ...(nearest === undefined ? {} : { instead: nearest }),
  };
}

const mistake = ({ mistakes = {} }: SchemaNode, written: string): string | undefined =>
  Object.hasOwn(mistakes, written.toLowerCase()) ? mistakes[written.toLowerCase()] : undefined;

function wrongCountOr(
  { countOr: { word, min, max } }: Extract<SchemaNode, { kind: 'countOr' }>,
  path: Path,
  value: unknown,
): Finding {
  const isQuoted = typeof value === 'string' && /^\d+$/.test(value);
  const instead = isQuoted ? value : typeof value === 'string' ? nearestName(value, [word]) : undefined;
  return {
    path,
    message: `Expected ${word}, or a whole number from ${min} to ${max}.`,
    ...(instead === undefined ? {} : { instead }),
  };
}

/** A number where a text belongs: a duration without its unit, or an id that YAML reads as a number. */
function repaired(node: SchemaNode, value: unknown): { readonly instead?: string } {
  if (node.kind === 'list' && typeof value === 'string') {
    const isOfScopes = node.element.kind === 'text' && node.element.format === 'scope';
    return { instead: `[${isOfScopes ? value.split(/[\s,]+/).join(', ') : value}]` };
  }
  if (node.kind !== 'text' || typeof value !== 'number') return {};
  return { instead: `'${value}'` };
}

function example(node: SchemaNode, path: Path): { readonly instead?: string } {
  if (node.secret !== true) return {};
  const field = path.at(-1);
  const holder = path.at(-2);
  if (typeof field === 'number') {
    const environment = environmentName(String(holder).replace(/s$/, ''));
    const hasId = node.kind === 'object' && node.fields.has('id');
    return { instead: `{ ${hasId ? "id: '1', " : ''}env: ${environment} }` };
  }
  const environment = field === 'url' ? `${String(holder)}DatabaseUrl` : String(field);
  return { instead: `${String(field)}: { env: ${environmentName(environment)} }` };
}

const environmentName = (field: string): string =>
  field
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, '_');

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  switch (typeof value) {
    case 'object':
      return 'fields';
    case 'string':
      return 'a text';
    case 'number':
    case 'bigint':
      return 'a number';
    case 'boolean':
      return 'true or false';
    default:
      return 'something else';
  }
}
