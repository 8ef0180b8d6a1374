import type { VmcpProxyPart } from '@gatehouse/config/parts';
import { prefixOf, type Aggregation } from '@gatehouse/config/model/aggregation';
import type { ConfiguredView } from '@gatehouse/config/model/views';
import { backendPlace, viewPlace } from '@gatehouse/config/urls/mcp-endpoints';
import { instructionsFor } from '../mcp/capabilities.js';
import { chosenVisibility } from './chosen-visibility.js';
import { aggregationVisibility, type Visibility } from './visibility.js';

/** What one MCP endpoint shows of the backends. A reload changes what is in it, in one step. */
export interface Scope {
  /** What follows `/mcp` in its path. No two scopes have one place. */
  readonly place: string;
  /** In their configured order. Nothing of any other backend is looked at. */
  readonly backends: readonly string[];
  readonly aggregation: Aggregation;
  readonly visibility: Visibility;
  /** Some backend of it is called with an account that its person may have to connect. */
  readonly hasAccounts: boolean;
}

/** What clients of the scope are told about it. */
export function instructionsOf({ backends, aggregation, hasAccounts }: Scope): string {
  const prefixes =
    aggregation.conflictResolution === 'prefix'
      ? backends.map((backend) => prefixOf(aggregation, backend)).filter((prefix) => prefix !== '')
      : [];
  // Of all, or it would not say it of each name.
  const isOfAll = prefixes.length === backends.length && new Set(prefixes).size === backends.length;
  return instructionsFor({ services: backends.length, prefixes: isOfAll ? prefixes : [], hasAccounts });
}

type Configured = Pick<VmcpProxyPart, 'backends' | 'aggregation' | 'views' | 'authServer'>;

/** The scope of every endpoint. What the aggregation hides is hidden in all of them. */
export function scopesOf({ backends, aggregation, views, authServer }: Configured): readonly Scope[] {
  // Only the embedded authorization server has a page on which accounts are connected.
  const withAccounts = new Set(
    authServer === undefined ? [] : backends.filter(hasAccount).map(({ name }) => name),
  );
  const hasAccounts = (of: readonly string[]): boolean => of.some((name) => withAccounts.has(name));
  const names = backends.map(({ name }) => name);
  const visibility = aggregationVisibility(aggregation);
  const ofView = (view: ConfiguredView): Scope => ({
    place: viewPlace(view.name),
    backends: names.filter((name) => view.backends.includes(name)),
    aggregation,
    visibility: chosenVisibility(view, visibility),
    hasAccounts: hasAccounts(view.backends),
  });
  const alone = withoutPrefix(aggregation);
  return [
    { place: '', backends: names, aggregation, visibility, hasAccounts: hasAccounts(names) },
    ...names.map((name) => ({
      place: backendPlace(name),
      backends: [name],
      aggregation: alone,
      visibility,
      hasAccounts: hasAccounts([name]),
    })),
    ...views.map(ofView),
  ];
}

const hasAccount = ({ strategy }: Configured['backends'][number]): boolean =>
  strategy.type === 'upstreamInject' ||
  (strategy.type === 'issuedToken' && strategy.subject.of === 'provider');

/** A backend that is alone has no rival: its names need nothing that tells them apart. */
const withoutPrefix = (aggregation: Aggregation): Aggregation => ({
  ...aggregation,
  conflictResolution: 'manual',
  conflictResolutionConfig: { prefixFormat: '', priorityOrder: [] },
});
