import type { Path } from '../findings/path.js';
import { renderPath, type Problem } from '../findings/problems.js';
import type { YamlSource } from '../yaml/yaml-document.js';

/** One object of the manifests, or a document with fields of `gatehouse.yaml` beside them. */
export interface ManifestObject {
  /** The file that it stands in. */
  readonly document: string;
  /** `VirtualMCPServer/tools`; empty for a document with fields of `gatehouse.yaml`. */
  readonly label: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly source: YamlSource;
  /** Where it begins inside its document; not empty for an item of a `List`. */
  readonly root: Path;
}

type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** A place in an object, and what is written there. Whatever is misshapen reads as absent: its shape is reported elsewhere. */
export class Written {
  constructor(
    readonly object: ManifestObject,
    readonly path: Path,
    readonly value: unknown,
  ) {}

  static of(object: ManifestObject): Written {
    const value = object.root.reduce<unknown>(
      (holder, step) =>
        typeof holder === 'object' && holder !== null ? Reflect.get(holder, step) : undefined,
      object.source.value,
    );
    return new Written(object, [], value);
  }

  /** A field, or a field of a field. */
  at(...steps: readonly string[]): Written {
    return steps.reduce<Written>(
      ({ object, path, value }, step) =>
        new Written(
          object,
          [...path, step],
          isFields(value) && Object.hasOwn(value, step) ? value[step] : undefined,
        ),
      this,
    );
  }

  get isThere(): boolean {
    return this.value !== undefined && this.value !== null;
  }

  get text(): string | undefined {
    return textOf(this.value);
  }

  get isTrue(): boolean {
    return this.value === true;
  }

  get items(): readonly Written[] {
    return Array.isArray(this.value)
      ? this.value.map((item: unknown, index) => new Written(this.object, [...this.path, index], item))
      : [];
  }

  get entries(): readonly (readonly [string, Written])[] {
    return isFields(this.value) ? Object.keys(this.value).map((name) => [name, this.at(name)]) : [];
  }

  problem(message: string, instead?: string): Problem {
    return problemAt(this.object, this.path, message, instead);
  }
}

/** `rest`: steps that lead on from there in the native form. */
export function problemAt(
  { document, label, source, root }: ManifestObject,
  path: Path,
  message: string,
  instead?: string,
): Problem {
  const kind = [...root, 'kind'];
  const whole = [...root, ...path];
  const at = path.length === 0 || source.lineOf(whole) === undefined ? kind : whole;
  const [line, column] = [source.lineOf(at), source.columnOf?.(at)];
  const rendered = renderPath(path);
  return {
    document,
    path: [label, rendered].filter((part) => part !== '').join(' '),
    message,
    ...(line === undefined ? {} : { line }),
    ...(column === undefined ? {} : { column }),
    ...(instead === undefined ? {} : { instead }),
  };
}

export const describeObject = ({ kind, namespace, name }: ManifestObject): string =>
  `${kind} ${namespace}/${name}`;
