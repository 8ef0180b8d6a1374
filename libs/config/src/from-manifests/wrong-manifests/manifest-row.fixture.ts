import { coreObject, manifest, manifests, type Fields } from '../manifests.fixture.js';

/** Changes of the right manifests by place: `MCPServer/repos spec.image`. `undefined` takes out; a place without a path is the object. */
export type Edits = Readonly<Record<string, unknown>>;

type Said = readonly [place: string, message: string, instead?: string];

/** What is wrong, how it comes about, and all that is said of it. */
export interface ManifestRow {
  readonly refused: string;
  readonly edits: Edits;
  readonly said: readonly Said[];
  /** Documents that stand behind the manifests. */
  readonly more: readonly unknown[];
}

export const row = (
  refused: string,
  edits: Edits,
  said: readonly Said[],
  more: readonly unknown[] = [],
): ManifestRow => ({ refused, edits, said, more });

/** The one change, and the message at its place. */
export const wrong = (
  refused: string,
  place: string,
  value: unknown,
  message: string,
  instead?: string,
): ManifestRow =>
  row(refused, { [place]: value }, [instead === undefined ? [place, message] : [place, message, instead]]);

const ELSEWHERE = 'other';

/** The same object in a namespace of its own. */
export const elsewhere = (kind: string, name: string, spec: Fields): Fields => ({
  ...manifest(kind, name, spec),
  metadata: { name, namespace: ELSEWHERE },
});

export const configMap = (name: string, data: Fields): Fields => coreObject('ConfigMap', name, { data });

export const secret = (name: string, stringData: Fields): Fields =>
  coreObject('Secret', name, { stringData });

/** The manifests of a row, in a published version. */
export function manifestsOf(
  { edits, more }: Pick<ManifestRow, 'edits' | 'more'>,
  version?: string,
): unknown[] {
  const objects: Fields[] = manifests(version);
  for (const [place, value] of Object.entries(edits)) {
    const [label = '', path = ''] = place.split(' ');
    const at = objects.findIndex(({ kind, metadata }) => label === `${String(kind)}/${nameIn(metadata)}`);
    const object = objects[at];
    if (object === undefined) throw new Error(`There is no ${label}.`);
    if (path === '') objects.splice(at, 1);
    else set(object, stepsOf(path), structuredClone(value));
  }
  return [...objects, ...more.map((one) => structuredClone(one))];
}

const nameIn = (metadata: unknown): string => String((metadata as Fields | undefined)?.['name']);

export const stepsOf = (path: string): readonly string[] =>
  [...path.matchAll(/\["([^"]+)"\]|([^.[\]]+)/g)].map(([, quoted, plain = '']) => quoted ?? plain);

function set(holder: Fields, [step = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length > 0) {
    holder[step] ??= {};
    set(holder[step] as Fields, rest, value);
  } else if (value === undefined) Reflect.deleteProperty(holder, step);
  else holder[step] = value;
}
