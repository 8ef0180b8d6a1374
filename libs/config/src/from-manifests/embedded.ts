import { readYamlDocuments } from '../yaml/yaml-document.js';
import { Written } from './manifest-object.js';

/** Documents that stand as a text under a key of an object, each with its own lines. @returns `undefined` for what is no YAML. */
export function embeddedDocuments({ object, path }: Written, text: string): readonly Written[] | undefined {
  const read = readYamlDocuments(text);
  if (!read.ok) return undefined;
  const whole = [...object.root, ...path];
  const line = object.source.lineOf(whole) ?? 1;
  const isBlock = object.source.isBlockText(whole);
  return read.sources.map((source) =>
    Written.of({
      ...object,
      label: `${object.label} ${String(path.at(-1))}`,
      root: [],
      source: {
        ...source,
        // A block begins below its key. Where another text begins and breaks is not known: its key has to do.
        lineOf: (inner) => (isBlock ? line + (source.lineOf(inner) ?? 1) : line),
        line,
      },
    }),
  );
}
