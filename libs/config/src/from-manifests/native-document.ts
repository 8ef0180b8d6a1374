import type { Path } from '../findings/path.js';
import type { Finding, Problem } from '../findings/problems.js';
import type { ReferencedKind } from '../secrets/secret-references.js';
import { isFields, problemAt, type ManifestObject, type Written } from './manifest-object.js';
import { inWordsOfManifests } from './words.js';

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
  private readonly failed: Path[] = [];
  private readonly kinds = new Map<string, ReferencedKind>();

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

  /** Fields that have one name in both forms. The place of one that is left out is known, too. */
  copy(path: Path, from: Written, fields: readonly string[]): void {
    for (const field of fields) {
      const written = from.at(field);
      this.put([...path, field], written.isThere ? written.value : undefined, written);
    }
  }

  /** `{ name, key }` of an object of a kind. */
  putReference(path: Path, reference: Written, kind: ReferencedKind): void {
    const [name, objectKey] = [reference.at('name').text, reference.at('key').text];
    const isWhole = name !== undefined && objectKey !== undefined;
    this.put(path, isWhole ? { secretRef: { name, key: objectKey } } : undefined, reference);
    this.kinds.set(key(path), kind);
  }

  /** The kind of the object that a reference at a place names; absent: nothing in the manifests says it. */
  kindAt(path: Path): ReferencedKind | undefined {
    return this.kinds.get(key(path));
  }

  /** What goes there could not be read, which is reported: what follows from it is not a second error. */
  fails(path: Path): void {
    this.failed.push(path);
  }

  /** Places in this document whose fields in the manifests, or blocks around them, are reported already. */
  wrongPlaces(problems: readonly Problem[]): readonly Path[] {
    const said = new Set(problems.map(placeText));
    const found = [...this.places]
      .filter(([, { object, path }]) =>
        path.some((_step, index) => said.has(placeText(problemAt(object, path.slice(0, index + 1), '')))),
      )
      .map(([path]) => JSON.parse(path) as Path);
    return [...found, ...this.failed];
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
    else {
      this.forget(path);
      this.put(path, from.value, from);
    }
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
  problem({ path, message, instead, rule }: Finding): Problem {
    for (let length = path.length; length >= 0; length--) {
      const place = this.places.get(key(path.slice(0, length)));
      if (place === undefined) continue;
      const whole = [...place.path, ...path.slice(length)];
      const said = inWordsOfManifests({ message, instead }, place.object.kind, whole, this.kindAt(path));
      const problem = problemAt(place.object, whole, said.message, said.instead);
      return rule === undefined ? problem : { ...problem, rule };
    }
    return { document: '', path: '', message };
  }

  /** What was known of a place and of those below it. */
  private forget(path: Path): void {
    const [own, below] = [key(path), key([...path, '']).slice(0, -3)];
    for (const known of this.places.keys())
      if (known === own || known.startsWith(below)) {
        this.places.delete(known);
        this.kinds.delete(known);
      }
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

const placeText = ({ document, path }: Problem): string => `${document} ${path}`;

/** A name such as `__proto__` becomes a field like any other, and is refused as one later. */
function define(holder: Holder, name: string | number, value: unknown): void {
  Object.defineProperty(holder, name, { value, configurable: true, enumerable: true, writable: true });
}

function nameOf(value: unknown): unknown {
  return isFields(value) ? (value['name'] ?? value['workload'] ?? value['id']) : undefined;
}
