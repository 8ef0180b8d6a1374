/**
 * What stands in a provider's answer at a field: a member of that name, else what a path leads to (`data.gid`,
 * `emails.0.value`). Only what the answer itself holds counts.
 */
export function valueAt(answer: unknown, path: string): unknown {
  if (isOwn(answer, path)) return answer[path];
  let value = answer;
  for (const step of path.split('.')) {
    if (!isOwn(value, step)) return undefined;
    value = value[step];
  }
  return value;
}

/** The first of the fields that holds a non-empty text or a whole number. */
export function firstTextOf(answer: unknown, fields: readonly string[]): string | undefined {
  for (const field of fields) {
    const text = textAt(answer, field);
    if (text !== undefined) return text;
  }
  return undefined;
}

/** Between two paths of one field: both identify together. */
const AND = '+';

/** Between two texts of one field. It is escaped inside, so that no two persons get one text. */
const JOINT = ':';

function textAt(answer: unknown, field: string): string | undefined {
  const whole = textOf(valueAt(answer, field));
  if (whole !== undefined || !field.includes(AND)) return whole;
  const parts = field.split(AND).map((path) => textOf(valueAt(answer, path)));
  return parts.every((part) => part !== undefined)
    ? parts.map((part) => part.replace(/[\\:]/g, String.raw`\$&`)).join(JOINT)
    : undefined;
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string' && value !== '') return value;
  return typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : undefined;
}

/** Enumerable alone: a list's `length` is its own, and no provider said it. */
const isOwn = (value: unknown, name: string): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && Object.prototype.propertyIsEnumerable.call(value, name);
