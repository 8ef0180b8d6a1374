import type { Problem } from '../findings/problems.js';
import { GROUP } from '../manifest-fields/kinds.js';
import { Written, type ManifestObject } from './manifest-object.js';

/** All objects, found by kind, namespace and name; and what there is to say about them. */
export class ManifestSet {
  readonly problems: Problem[] = [];
  readonly warnings: Problem[] = [];
  readonly used = new Set<ManifestObject>();
  private readonly byKey = new Map<string, ManifestObject>();

  readonly objects: readonly ManifestObject[];

  constructor(objects: readonly ManifestObject[]) {
    for (const object of objects) {
      const key = keyOf(object.kind, object.namespace, object.name);
      const first = this.byKey.get(key);
      if (first === undefined) this.byKey.set(key, object);
      else if (isOurs(object) || object.kind === 'Secret' || object.kind === 'ConfigMap')
        this.problems.push(
          Written.of(object).problem(`There is another ${object.kind} of this name in ${placeOf(first)}.`),
        );
    }
    this.objects = [...this.byKey.values()];
  }

  ofKind(kind: string): readonly ManifestObject[] {
    return this.objects.filter((object) => object.kind === kind);
  }

  find(kind: string, namespace: string, name: string): Written | undefined {
    const object = this.byKey.get(keyOf(kind, namespace, name));
    if (object === undefined) return undefined;
    this.used.add(object);
    return Written.of(object);
  }

  /** The object that a reference names. One that is not there is a problem at the reference. */
  follow(kind: string, reference: Written): Written | undefined {
    const name = reference.at('name').text;
    if (name === undefined) return undefined;
    const { namespace } = reference.object;
    const found = this.find(kind, namespace, name);
    if (found === undefined) {
      const names = this.ofKind(kind)
        .filter((object) => object.namespace === namespace && object.name !== '')
        .map((object) => object.name);
      this.problems.push(
        reference
          .at('name')
          .problem(
            `There is no ${kind} ${name} in namespace ${namespace}.`,
            names.length === 0
              ? `${withArticle(kind)} of that name among the manifests`
              : `one of: ${names.join(', ')}`,
          ),
      );
    }
    return found;
  }
}

const withArticle = (kind: string): string => `${kind.startsWith('MCP') ? 'an' : 'a'} ${kind}`;

const keyOf = (kind: string, namespace: string, name: string): string => `${kind} ${namespace} ${name}`;

const placeOf = ({ document, source, root }: ManifestObject): string =>
  `${document}:${source.lineOf([...root, 'kind']) ?? 1}`;

export const apiGroup = (object: ManifestObject): string => String(Written.of(object).at('apiVersion').value);

export const isOurs = (object: ManifestObject): boolean => apiGroup(object).startsWith(`${GROUP}/`);
