import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import type { z } from 'zod';
import { renderPath } from './findings/problems.js';
import { buildClientLimits } from './from-yaml/client-limits.js';
import { given } from './from-yaml/written-values.js';
import type { ClientLimits } from './model/client-limits.js';
import { limitFindings, type LimitBounds } from './rules/limit-findings.js';
import { shapeFindings } from './structure/shape-findings.js';
import { clientLimits } from './yaml/client-limit-fields.js';
import { schemaTree } from './yaml/schema-tree.js';

/** Limits of a client in the words of the configuration. */
export type WrittenLimits = z.output<typeof clientLimits>;

type ReadLimits =
  | { readonly isGood: true; readonly written: WrittenLimits }
  /** Sentences for whoever wrote them. */
  | { readonly isGood: false; readonly problems: readonly string[] };

const TREE = schemaTree(clientLimits);

/** Limits that an administrator gives a client while the gateway runs: by the rules of the configuration. */
export function readLimits(written: unknown, bounds: LimitBounds): ReadLimits {
  const parsed = clientLimits.safeParse(written);
  const findings = parsed.success
    ? limitFindings(buildClientLimits(parsed.data), [], bounds)
    : shapeFindings(TREE, written, parsed.error.issues).findings;
  if (parsed.success && findings.length === 0) return { isGood: true, written: parsed.data };
  return {
    isGood: false,
    problems: findings.map(
      ({ path, message, instead }) =>
        `${renderPath(['limits', ...path])}: ${message}${instead === undefined ? '' : ` Instead: ${instead}`}`,
    ),
  };
}

/** Those that were stored when they were good. @returns `undefined`: they cannot be read. */
export function storedLimits(stored: unknown): ClientLimits | undefined {
  const parsed = clientLimits.safeParse(stored);
  return parsed.success ? buildClientLimits(parsed.data) : undefined;
}

/** Those of the configuration, as they could be written there. */
export const wordsOfLimits = ({
  resources,
  scopes,
  accessTokenLifespanMs: accessMs,
  refreshTokenLifespanMs: refreshMs,
}: ClientLimits): WrittenLimits => ({
  ...given('resources', resources && [...resources]),
  ...given('scopes', scopes && [...scopes]),
  ...given('accessTokenLifespan', accessMs === undefined ? undefined : duration(accessMs)),
  ...given('refreshTokenLifespan', refreshMs === undefined ? undefined : duration(refreshMs)),
});

const UNITS = [
  [DAY_MS, 'd'],
  [HOUR_MS, 'h'],
  [MINUTE_MS, 'm'],
  [SECOND_MS, 's'],
] as const;

function duration(valueMs: number): string {
  const [unitMs, unit] = UNITS.find(([each]) => valueMs % each === 0) ?? [1, 'ms'];
  return `${valueMs / unitMs}${unit}`;
}
