import { createRequire } from 'node:module';

type Cel = typeof import('@bufbuild/cel');

type Claims = Readonly<Record<string, unknown>>;

type Planned = ReturnType<Cel['plan']>;

const loaded: { cel?: Cel; env?: ReturnType<Cel['celEnv']> } = {};
/** As many as there are in configurations that have been in force. */
const planned = new Map<string, Planned>();

/** CEL takes some 14 MiB, so that nobody loads it who has no matchers. */
function cel(): Cel & { readonly env: ReturnType<Cel['celEnv']> } {
  loaded.cel ??= createRequire(import.meta.url)('@bufbuild/cel') as Cel;
  loaded.env ??= loaded.cel.celEnv();
  return { ...loaded.cel, env: loaded.env };
}

/**
 * Whether an expression over `claims` is true of them. One that looks at a claim that is not there is not true.
 * @returns `undefined` where it cannot be answered: a claim is of another type than it takes for granted, or it is no condition
 */
export function matchesClaims(matcher: string, claims: Claims): boolean | undefined {
  try {
    const answer = planOf(matcher)({ claims: celValue(claims) });
    if (typeof answer === 'boolean') return answer;
    return isAbsence(answer) ? false : undefined;
  } catch {
    // Claims may be nested deeper than the stack is.
    return undefined;
  }
}

function planOf(matcher: string): Planned {
  const known = planned.get(matcher);
  if (known !== undefined) return known;
  const { plan, parse, env } = cel();
  const made = plan(env, parse(matcher));
  planned.set(matcher, made);
  return made;
}

/** Of each half of a condition, where none could be answered. */
function isAbsence(value: unknown): boolean {
  if (!cel().isCelError(value)) return false;
  const others = Array.isArray(value.cause) ? (value.cause as readonly unknown[]) : [];
  return /^(field not found|index \d+ out of bounds)/.test(value.message) && others.every(isAbsence);
}

/**
 * Why a text is no such expression, or one that could never be answered. Patterns of `matches` are RE2: no text of a person makes
 * them slow.
 */
export function matcherProblem(matcher: string): string | undefined {
  try {
    const { parse, plan, env } = cel();
    const expression = parse(matcher);
    const used = namesIn(expression, { read: new Set(), bound: new Set(), calls: [] });
    const [variable] = [...used.read].filter((name) => !used.bound.has(name) && !KNOWN.has(name));
    if (variable !== undefined)
      return `${variable} is unknown: what the token says is in claims, as claims.${variable}.`;
    plan(env, expression);
    return used.calls.map(callProblem).find((problem) => problem !== undefined);
  } catch (error) {
    const [line = ''] = (error instanceof Error ? error.message : '').split('\n');
    return `This is no expression in CEL: ${line.replace(/^<input>:/, 'at ')}.`;
  }
}

function callProblem({ name, hasTarget, args, pattern }: Called): string | undefined {
  const { env, plan, parse, isCelError } = cel();
  const forms = [...(env.funcs.find(name) ?? [])];
  if (forms.length === 0) return `CEL has no function ${name}.`;
  if (!forms.some((form) => (form.target !== undefined) === hasTarget && form.arguments.length === args))
    return `CEL has no such call of ${name}: ${forms.map(({ id }) => id).join(', ')}.`;
  if (name !== 'matches' || pattern === undefined) return undefined;
  const tried = plan(env, parse(`"".matches(${JSON.stringify(pattern)})`))({});
  return isCelError(tried) ? `This pattern is none of RE2: ${pattern}` : undefined;
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
  readonly calls: Called[];
}

interface Called {
  readonly name: string;
  readonly hasTarget: boolean;
  readonly args: number;
  /** The last argument, where it is a text. */
  readonly pattern: string | undefined;
}

/** Of a parsed expression, by the kinds of its nodes (cel/expr/syntax.proto). */
function namesIn(node: unknown, names: Names): Names {
  if (!isObject(node)) return names;
  const { case: kind, value } = node;
  if (isObject(value)) {
    if (kind === 'identExpr') add(names.read, value['name']);
    if (kind === 'callExpr') names.calls.push(...callIn(value));
    if (kind === 'comprehensionExpr')
      for (const member of ['iterVar', 'iterVar2', 'accuVar']) add(names.bound, value[member]);
  }
  for (const inner of Object.values(node)) namesIn(inner, names);
  return names;
}

/** Operators are calls, too, and always of a form that there is. */
function callIn({ function: name, target, args }: Readonly<Record<string, unknown>>): readonly Called[] {
  if (typeof name !== 'string' || !/^\w+$/.test(name) || !Array.isArray(args)) return [];
  const given = args as readonly unknown[];
  const pattern = ['exprKind', 'value', 'constantKind', 'value'].reduce<unknown>(
    (node, member) => (isObject(node) ? node[member] : undefined),
    given.at(-1),
  );
  return [
    {
      name,
      hasTarget: target !== undefined,
      args: given.length,
      pattern: typeof pattern === 'string' ? pattern : undefined,
    },
  ];
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
