import { isMap, isScalar, isSeq, LineCounter, parseAllDocuments, type Document } from 'yaml';
import type { Path } from '../findings/path.js';

export interface YamlSource {
  readonly value: unknown;
  /** 1-based line of the key or item that a path leads to, or of the nearest thing around it. */
  readonly lineOf: (path: Path) => number | undefined;
  /** The same for its column; absent for a text inside another one. */
  readonly columnOf?: (path: Path) => number | undefined;
  /** The first line. */
  readonly line: number;
  /** Whether a text is written as a block (`|`), each of its lines in a line of its own. */
  readonly isBlockText: (path: Path) => boolean;
}

interface YamlError {
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
}

type Read<T> = ({ readonly ok: true } & T) | { readonly ok: false; readonly errors: readonly YamlError[] };

/** Reads one YAML 1.2 document; duplicate keys, several documents and custom tags are errors. */
export function readYaml(text: string): Read<{ readonly source: YamlSource }> {
  const read = readYamlDocuments(text);
  if (!read.ok) return read;
  const [source, second] = read.sources;
  if (source === undefined) return { ok: false, errors: [{ message: 'The document is empty.' }] };
  return second === undefined
    ? { ok: true, source }
    : { ok: false, errors: [{ message: 'The file holds several YAML documents; one is expected.' }] };
}

/** Reads every document of a stream. */
export function readYamlDocuments(text: string): Read<{ readonly sources: readonly YamlSource[] }> {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  if (!Array.isArray(documents)) return { ok: true, sources: [] };
  const errors = documents.flatMap((document) =>
    [...document.errors, ...document.warnings].map((error) => ({
      line: lines.linePos(error.pos[0]).line,
      column: lines.linePos(error.pos[0]).col,
      message: `This is not valid YAML: ${firstLine(error.message)}`,
    })),
  );
  if (errors.length > 0) return { ok: false, errors };
  try {
    return {
      ok: true,
      sources: documents.map((document) => ({
        value: document.toJS({ maxAliasCount: 100 }) as unknown,
        lineOf: (path) => placeOf(document, lines, path)?.line,
        columnOf: (path) => placeOf(document, lines, path)?.col,
        line: lines.linePos(document.contents?.range[0] ?? 0).line,
        isBlockText: (path) => {
          const node = document.getIn(path, true);
          return isScalar(node) && node.type === 'BLOCK_LITERAL';
        },
      })),
    };
  } catch {
    return { ok: false, errors: [{ message: 'The document has too many or unresolved YAML aliases.' }] };
  }
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? text;

function placeOf(
  document: Document.Parsed,
  lines: LineCounter,
  path: Path,
): { readonly line: number; readonly col: number } | undefined {
  let node: unknown = document.contents;
  let offset: number | undefined;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
      if (pair === undefined) break;
      offset = isScalar(pair.key) ? (pair.key.range?.[0] ?? offset) : offset;
      node = pair.value;
    } else if (isSeq(node) && typeof step === 'number') {
      node = node.items[step];
      if (!hasRange(node)) break;
      offset = node.range[0];
    } else break;
  }
  return offset === undefined ? undefined : lines.linePos(offset);
}

const hasRange = (node: unknown): node is { readonly range: readonly [number, ...number[]] } =>
  typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range);
