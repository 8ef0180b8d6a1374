import { createRequire } from 'node:module';

type Cel = typeof import('@bufbuild/cel');

type Claims = Readonly<Record<string, unknown>>;

const loaded: { cel?: Cel } = {};

/** CEL takes some 14 MiB, so that nobody loads it who has no matchers. */
function cel(): Cel {
  loaded.cel ??= createRequire(import.meta.url)('@bufbuild/cel') as Cel;
  return loaded.cel;
}

/**
 * Whether an expression over `claims` is true of them. One that cannot be answered, because a claim is not there, is not true.
 * Patterns of `matches` are RE2: no text of a person makes them slow.
 * @throws {Error} where {@link matcherProblem} has a word to say
 */
export function matchesClaims(matcher: string, claims: Claims): boolean {
  const { celEnv, parse, plan } = cel();
  return plan(celEnv(), parse(matcher))({ claims: celValue(claims) }) === true;
}

/** Why a text is no such expression. */
export function matcherProblem(matcher: string): string | undefined {
  try {
    const { celEnv, parse } = cel();
    const used = namesIn(parse(matcher), { read: new Set(), bound: new Set(), called: new Set() });
    const { funcs } = celEnv();
    const [variable] = [...used.read].filter((name) => !used.bound.has(name) && !KNOWN.has(name));
    if (variable !== undefined)
      return `${variable} is unknown: what the token says is in claims, as claims.${variable}.`;
    const [called] = [...used.called].filter((name) => /^\w+$/.test(name) && funcs.find(name) === undefined);
    return called === undefined ? undefined : `CEL has no function ${called}.`;
  } catch (error) {
    const [line = ''] = (error instanceof Error ? error.message : '').split('\n');
    return `This is no expression in CEL: ${line.replace(/^<input>:/, 'at ')}.`;
  }
}

/** `claims`, and the types of CEL, which are values. */
const KNOWN: ReadonlySet<string> = new Set([
  'claims',
  ...['bool', 'bytes', 'double', 'int', 'list', 'map', 'null_type', 'string', 'type', 'uint'],
]);

interface Names {
  readonly read: Set<string>;
  /** Variables of macros, such as `exists`. */
  readonly bound: Set<string>;
  readonly called: Set<string>;
}

/** Of a parsed expression, by the kinds of its nodes (cel/expr/syntax.proto). */
function namesIn(node: unknown, names: Names): Names {
  if (!isObject(node)) return names;
  const { case: kind, value } = node;
  if (isObject(value)) {
    if (kind === 'identExpr') add(names.read, value['name']);
    if (kind === 'callExpr') add(names.called, value['function']);
    if (kind === 'comprehensionExpr')
      for (const member of ['iterVar', 'iterVar2', 'accuVar']) add(names.bound, value[member]);
  }
  for (const inner of Object.values(node)) namesIn(inner, names);
  return names;
}

const add = (set: Set<string>, name: unknown): void => {
  if (typeof name === 'string') set.add(name);
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

type CelInput = Parameters<ReturnType<Cel['plan']>>[0] extends Record<string, infer Input> | undefined
  ? Input
  : never;

/** JSON as CEL has it. */
function celValue(value: unknown): CelInput {
  if (Array.isArray(value)) return value.map(celValue);
  if (isObject(value)) return new Map(Object.entries(value).map(([name, inner]) => [name, celValue(inner)]));
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
}
