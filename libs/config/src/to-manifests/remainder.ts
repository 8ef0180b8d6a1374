import { isFields } from '../from-manifests/manifest-object.js';
import type { Path } from '../findings/path.js';

type Fields = Record<string, unknown>;

/** A native document, from which is taken what manifests can say. What is left stands beside them. */
export class Remainder {
  readonly value: Fields;

  constructor(native: Fields) {
    this.value = structuredClone(native);
  }

  /** What is there, without taking it. */
  read(path: Path): unknown {
    return path.reduce<unknown>(
      (holder, step) =>
        typeof holder === 'object' && holder !== null && Object.hasOwn(holder, step)
          ? Reflect.get(holder, step)
          : undefined,
      this.value,
    );
  }

  take(path: Path): unknown {
    const value = this.read(path);
    const holder = this.read(path.slice(0, -1));
    if (value !== undefined && typeof holder === 'object' && holder !== null)
      Reflect.deleteProperty(holder, path.at(-1) ?? '');
    return value;
  }

  /** Fields by the names that manifests have for them. A value that `said` does not give cannot be said, and stays. */
  takeFields(
    path: Path,
    names: Readonly<Record<string, string>>,
    said: (value: unknown) => unknown = same,
  ): Fields {
    const taken: Fields = {};
    for (const [ours, theirs] of Object.entries(names)) {
      const value = said(this.read([...path, ours]));
      if (value === undefined) continue;
      taken[theirs] = value;
      this.take([...path, ours]);
    }
    return taken;
  }

  put(path: Path, value: unknown): void {
    let holder = this.value;
    for (const step of path.slice(0, -1)) {
      const next = holder[step];
      const inner: Fields = isFields(next) ? next : {};
      holder[step] = inner;
      holder = inner;
    }
    holder[path.at(-1) ?? ''] = value;
  }

  /** Without blocks and list items that have nothing left to say but their name. */
  pruned(): Fields {
    return (prunedValue(this.value) as Fields | undefined) ?? {};
  }
}

const same = (value: unknown): unknown => value;

function prunedValue(value: unknown): unknown {
  if (!isFields(value)) return value;
  const left = Object.entries(value).flatMap(([name, field]) => {
    const inner = Array.isArray(field) ? prunedList(field) : prunedValue(field);
    return inner === undefined ? [] : [[name, inner] as const];
  });
  return left.length === 0 ? undefined : Object.fromEntries(left);
}

const NAMED = '\u0000said';

/** Items that manifests have said wholly are marked so by {@link markSaid}. */
function prunedList(list: readonly unknown[]): unknown {
  const left = list.flatMap((item) => {
    if (!isFields(item) || !(NAMED in item)) return [item];
    const rest = Object.entries(item).filter(([name]) => name !== NAMED);
    const pruned = prunedValue(Object.fromEntries(rest));
    return isFields(pruned) && Object.keys(pruned).some((name) => name !== 'name') ? [pruned] : [];
  });
  return left.length === 0 && list.length > 0 ? undefined : left;
}

/** The item stands in the manifests; here only its name and what is left of it. */
export function markSaid(item: unknown): void {
  if (isFields(item)) (item as Fields)[NAMED] = true;
}

/** `{ name, key }` of a reference to a Secret; other references cannot stand in manifests. */
export function secretRefOf(value: unknown): unknown {
  return isFields(value) && isFields(value['secretRef']) && Object.keys(value).length === 1
    ? value['secretRef']
    : undefined;
}

/** Go knows no days. */
export const goDuration = (value: unknown): unknown =>
  typeof value === 'string'
    ? value.replace(/^(\d+)d$/, (_all, days: string) => `${Number(days) * 24}h`)
    : value;

const SECONDS: Readonly<Record<string, number | undefined>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** A number of seconds, as AWS has it. */
export function wholeSeconds(value: unknown): number | undefined {
  const [, count, unit = ''] = typeof value === 'string' ? (/^(\d+)([smhd])$/.exec(value) ?? []) : [];
  const seconds = SECONDS[unit];
  return count === undefined || seconds === undefined ? undefined : Number(count) * seconds;
}

export const sameNames = (...names: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(names.map((name) => [name, name]));
