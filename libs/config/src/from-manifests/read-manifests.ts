import type { Problem } from '../findings/problems.js';
import { readYamlDocuments, type YamlSource } from '../yaml/yaml-document.js';
import { isFields, type ManifestObject } from './manifest-object.js';
import type { Path } from '../findings/path.js';

/** A file of the configuration, or one of several. */
export interface SourceFile {
  readonly document: string;
  readonly text: string;
}

export interface ReadManifests {
  readonly objects: readonly ManifestObject[];
  /** Documents without a kind: fields of `gatehouse.yaml`. */
  readonly installations: readonly ManifestObject[];
  readonly problems: readonly Problem[];
}

const DEFAULT_NAMESPACE = 'default';

/** More objects are no configuration of one gateway. */
const MAX_OBJECTS = 5_000;

/** Every object of the files. A file that is not YAML is a problem, and the others are read all the same. */
export function readManifests(files: readonly SourceFile[]): ReadManifests {
  const objects: ManifestObject[] = [];
  const installations: ManifestObject[] = [];
  const problems: Problem[] = [];
  for (const { document, text } of files) {
    const read = readYamlDocuments(text);
    if (!read.ok) {
      problems.push(...read.errors.map((error) => ({ document, path: '', ...error })));
      continue;
    }
    for (const source of read.sources) {
      const odd = oddDocument(source.value);
      if (odd !== undefined) problems.push({ document, path: '', line: source.line, message: odd });
      else
        for (const object of objectsIn(document, source, [], source.value))
          (object.kind === '' ? installations : objects).push(object);
    }
  }
  if (objects.length > MAX_OBJECTS)
    problems.push({
      document: files[0]?.document ?? '',
      path: '',
      message: `There are more than ${MAX_OBJECTS} objects.`,
    });
  return { objects: objects.slice(0, MAX_OBJECTS), installations, problems };
}

/** What is neither an object nor fields of `gatehouse.yaml`. */
function oddDocument(value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined;
  if (!isFields(value)) return 'Expected the fields of an object, or of gatehouse.yaml.';
  const missing = ['apiVersion', 'kind'].filter((name) => typeof value[name] !== 'string');
  const isHalf = missing.length === 1 || (missing.length === 2 && isFields(value['metadata']));
  return isHalf ? `This object has no ${missing.join(' and no ')}.` : undefined;
}

/** `kubectl get … -o yaml` writes several objects as one `List`. */
function objectsIn(
  document: string,
  source: YamlSource,
  root: Path,
  value: unknown,
): readonly ManifestObject[] {
  if (value === null || value === undefined) return [];
  const fields = isFields(value) ? value : {};
  const { kind, apiVersion, metadata, items } = fields;
  const isObject = typeof kind === 'string' && typeof apiVersion === 'string';
  if (isObject && kind.endsWith('List') && Array.isArray(items))
    return items.flatMap((item: unknown, index) =>
      objectsIn(document, source, [...root, 'items', index], item),
    );
  const { name = '', namespace = DEFAULT_NAMESPACE } = isFields(metadata) ? metadata : {};
  return [
    {
      document,
      source,
      root,
      kind: isObject ? kind : '',
      name: isObject ? String(name) : '',
      namespace: String(namespace),
      label: isObject ? `${kind}/${String(name)}` : '',
    },
  ];
}

/** Whether a text holds objects. What is not even YAML is read as a `gatehouse.yaml`, whose messages fit either form. */
export function holdsObjects(text: string): boolean {
  const read = readYamlDocuments(text);
  return (
    read.ok && read.sources.some(({ value }) => isFields(value) && 'kind' in value && 'apiVersion' in value)
  );
}
