import type { TranslatedBackend } from './backends.js';
import { isFields, type Written } from './manifest-object.js';
import { putDurations, type Translation } from './translation.js';

const BLOCKS = [
  { block: 'shared', name: 'shared', per: [] },
  { block: 'perUser', name: 'per-user', per: ['user'] },
] as const;

/** What a limit counts: fields of the native form. */
type Counted = Readonly<Record<string, readonly string[]>>;

export function translateRateLimits(
  translation: Translation,
  limits: Written,
  backends: readonly TranslatedBackend[],
): void {
  let next = putLimits(translation, limits, '', [{}], 0);
  const names = [...new Set([...backends.map(({ name }) => name), ...translation.otherBackends])];
  limits.at('tools').items.forEach((tool, index) => {
    next = putLimits(
      translation,
      tool,
      `tool-${index + 1}-`,
      meantBy(translation, tool.at('name'), names),
      next,
    );
  });
}

/** @returns the index of the next limit */
function putLimits(
  translation: Translation,
  from: Written,
  prefix: string,
  meant: readonly Counted[],
  first: number,
): number {
  const { native } = translation;
  let index = first;
  for (const { block, name, per } of BLOCKS) {
    const written = from.at(block);
    if (!written.isThere) continue;
    meant.forEach((counted, number) => {
      const path = ['rateLimiting', 'limits', index++];
      const whole = `${prefix}${name}${number === 0 ? '' : `-${number + 1}`}`;
      native.put(path, { name: whole, per, ...counted }, written);
      native.copy(path, written, ['maxTokens']);
      putDurations(translation, path, written, ['refillPeriod']);
    });
  }
  return index;
}

/**
 * The seed system counts tools by the names that clients see, and Gatehouse by those that backends give. Where a name can be of
 * several backends each of them has a limit: only one of them has such a tool.
 */
function meantBy(
  { native, set }: Translation,
  written: Written,
  backends: readonly string[],
): readonly Counted[] {
  const name = written.text;
  if (name === undefined) return [];
  const own = new OwnNames(native.read(['aggregation', 'tools']));
  const isPrefixed = (native.read(['aggregation', 'conflictResolution']) ?? 'prefix') === 'prefix';
  const format = native.read(['aggregation', 'conflictResolutionConfig', 'prefixFormat']);
  const prefixOf = (backend: string): string =>
    (typeof format === 'string' ? format : DEFAULT_PREFIX).replaceAll('{workload}', backend);
  const found = backends.flatMap((backend) => {
    const prefix = prefixOf(backend);
    // Otherwise a prefix is for names that several backends have.
    return (isPrefixed ? [prefix] : ['', prefix]).flatMap((before) => {
      const tool = name.startsWith(before) ? own.of(backend, name.slice(before.length)) : undefined;
      return tool === undefined ? [] : [{ backend, tool }];
    });
  });
  if (name.includes('*')) set.problems.push(written.problem('This is the name of one tool, and no pattern.'));
  else if (found.length === 0)
    set.problems.push(
      written.problem(
        'No backend has tools of such a name: with conflictResolution prefix, the name of the backend comes first.',
        backends[0] === undefined ? undefined : prefixOf(backends[0]) + name,
      ),
    );
  const tools = [...new Set(found.map(({ tool }) => tool))];
  return tools.map((tool) => ({
    backends: found.filter((one) => one.tool === tool).map(({ backend }) => backend),
    tools: [tool],
  }));
}

const DEFAULT_PREFIX = '{workload}_';

/** Names that backends give, by those that `aggregation.tools` makes of them. */
class OwnNames {
  constructor(private readonly entries: unknown) {}

  /** @returns `undefined` where the backend has no tool that is shown by this name */
  of(backend: string, shown: string): string | undefined {
    if (shown === '') return undefined;
    const renamed = this.renamed(backend);
    const own = renamed.find(([, name]) => name === shown)?.[0];
    return own ?? (renamed.some(([name]) => name === shown) ? undefined : shown);
  }

  private renamed(backend: string): readonly (readonly [string, string])[] {
    const entries: readonly unknown[] = Array.isArray(this.entries) ? this.entries : [];
    return entries.flatMap((entry) => {
      if (!isFields(entry) || entry['workload'] !== backend || !isFields(entry['overrides'])) return [];
      return Object.entries(entry['overrides']).flatMap(([name, override]) =>
        isFields(override) && typeof override['name'] === 'string' ? [[name, override['name']] as const] : [],
      );
    });
  }
}
