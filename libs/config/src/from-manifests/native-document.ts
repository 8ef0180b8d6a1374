import type { Path } from '../findings/path.js';
import type { Problem } from '../findings/problems.js';
import { isFields, problemAt, type ManifestObject, type Written } from './manifest-object.js';

interface Place {
  readonly object: ManifestObject;
  readonly path: Path;
}

type Holder = Record<string | number, unknown>;

const key = (path: Path): string => JSON.stringify(path);

/** The document that is made of manifests, with the place in them for each of its own. */
export class NativeDocument {
  readonly value: Holder = {};
  private readonly places = new Map<string, Place>();

  /** @param whole where everything stands that nothing else is known of. */
  constructor(whole: ManifestObject) {
    this.places.set(key([]), { object: whole, path: [] });
  }

  /** Writes a value that was read at a place. `undefined` writes nothing, and the place is known all the same. */
  put(path: Path, value: unknown, from: Written): void {
    this.places.set(key(path), from);
    if (value === undefined) return;
    define(this.holderOf(path), path.at(-1) ?? '', structuredClone(value));
  }

  /** Fields that have one name in both forms. */
  copy(path: Path, from: Written, fields: readonly string[]): void {
    for (const field of fields) {
      const written = from.at(field);
      if (written.isThere) this.put([...path, field], written.value, written);
    }
  }

  /** What is written wins over what is there: blocks field by field, lists of named things by name, everything else whole. */
  merge(path: Path, from: Written): void {
    const there = this.read(path);
    if (isFields(from.value) && (isFields(there) || there === undefined)) {
      if (there === undefined) this.put(path, {}, from);
      for (const [name, field] of from.entries) this.merge([...path, name], field);
    } else if (
      Array.isArray(there) &&
      Array.isArray(from.value) &&
      from.items.every((item) => nameOf(item.value) !== undefined)
    )
      for (const item of from.items) {
        const found = there.findIndex((one) => nameOf(one) === nameOf(item.value));
        this.merge([...path, found === -1 ? there.length : found], item);
      }
    else this.put(path, from.value, from);
  }

  read(path: Path): unknown {
    return path.reduce<unknown>(
      (holder, step) =>
        typeof holder === 'object' && holder !== null && Object.hasOwn(holder, step)
          ? (holder as Holder)[step]
          : undefined,
      this.value,
    );
  }

  /** A finding about the native document, at the place of the manifests. */
  problem({
    path,
    message,
    instead,
  }: {
    readonly path: Path;
    readonly message: string;
    readonly instead?: string;
  }): Problem {
    for (let length = path.length; length >= 0; length--) {
      const place = this.places.get(key(path.slice(0, length)));
      if (place === undefined) continue;
      const rest = path.slice(length);
      return problemAt(place.object, [...place.path, ...rest], message, instead);
    }
    return { document: '', path: '', message };
  }

  private holderOf(path: Path): Holder {
    let holder = this.value;
    path.slice(0, -1).forEach((step, index) => {
      if (!Object.hasOwn(holder, step)) define(holder, step, typeof path[index + 1] === 'number' ? [] : {});
      holder = holder[step] as Holder;
    });
    return holder;
  }
}

/** A name such as `__proto__` becomes a field like any other, and is refused as one later. */
function define(holder: Holder, name: string | number, value: unknown): void {
  Object.defineProperty(holder, name, { value, configurable: true, enumerable: true, writable: true });
}

function nameOf(value: unknown): unknown {
  return isFields(value) ? (value['name'] ?? value['workload'] ?? value['id']) : undefined;
}
