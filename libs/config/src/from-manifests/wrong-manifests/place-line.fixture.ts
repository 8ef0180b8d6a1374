import { stepsOf } from './manifest-row.fixture.js';

/**
 * The line of a place in texts as `textOf` writes them, found without the parser: by names and indentation. Of what is missing it is
 * the line of what it is missing in.
 */
export function lineOfPlace(text: string, place: string): number | undefined {
  const [first = '', ...rest] = place.split(' ');
  const lines = text.split('\n');
  const isObject = first.includes('/');
  const [start, end] = documentOf(lines, isObject ? first : undefined);
  const [path = '', key] = (isObject ? rest : [first]).toReversed();
  if (isObject && key !== undefined) return lineInText(lines, start, end, key, stepsOf(path));
  const found = walk(lines, start, end, stepsOf(path));
  if (found !== undefined) return found + 1;
  return isObject ? 1 + lines.findIndex((line, at) => at >= start && line.startsWith('kind:')) : undefined;
}

/** Of several of one label the last: it is the one too many. */
function documentOf(lines: readonly string[], label: string | undefined): readonly [number, number] {
  const breaks = lines.flatMap((line, at) => (line === '---' ? [at] : []));
  const starts = [0, ...breaks.map((at) => at + 1)];
  const spans = starts.map((start, at) => [start, breaks[at] ?? lines.length] as const);
  const [kind, name] = label?.split('/') ?? [];
  return (
    spans.findLast(([start, end]) => {
      const own = lines.slice(start, end);
      const written = own.find((line) => line.startsWith('kind: '))?.slice('kind: '.length);
      const metadata = own.indexOf('metadata:');
      const named = own.slice(metadata).find((line) => metadata !== -1 && line.startsWith('  name: '));
      return written === kind && (named?.slice('  name: '.length) ?? '') === (name ?? '');
    }) ?? [0, lines.length]
  );
}

/** A place in a text under a key of `data`; only a block has lines of its own. */
function lineInText(
  lines: readonly string[],
  start: number,
  end: number,
  key: string,
  steps: readonly string[],
): number | undefined {
  const at = lines.findIndex((line, index) => index >= start && line.startsWith(`  ${key}:`));
  if (!lines[at]?.endsWith('|')) return at + 1;
  const inner = lines.map((line) => line.slice(4));
  return (walk(inner, at + 1, end, steps) ?? at) + 1;
}

function walk(
  lines: readonly string[],
  start: number,
  end: number,
  steps: readonly string[],
): number | undefined {
  let found: number | undefined;
  let from = start;
  let own = [...lines];
  for (const [depth, step] of steps.entries()) {
    const margin = '  '.repeat(depth);
    const below = own.slice(0, end).findIndex((line, at) => at >= from && !line.startsWith(margin));
    const to = below === -1 ? end : below;
    const at = /^\d+$/.test(step)
      ? nth(own, from, to, `${margin}- `, Number(step))
      : own.findIndex(
          (line, index) =>
            index >= from &&
            index < to &&
            (line.startsWith(`${margin}${step}:`) || line.startsWith(`${margin}"${step}":`)),
        );
    if (at === -1) return found;
    found = at;
    from = /^\d+$/.test(step) ? at : at + 1;
    own = own.map((line, index) => (index === at ? line.replace(`${margin}- `, `${margin}  `) : line));
  }
  return found;
}

const nth = (lines: readonly string[], from: number, to: number, mark: string, index: number): number =>
  lines.flatMap((line, at) => (at >= from && at < to && line.startsWith(mark) ? [at] : []))[index] ?? -1;
