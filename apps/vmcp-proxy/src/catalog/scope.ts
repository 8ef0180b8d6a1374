import type { VmcpProxyPart } from '@gatehouse/config/parts';
import type { Aggregation } from '@gatehouse/config/model/aggregation';
import type { ConfiguredView } from '@gatehouse/config/model/views';
import { backendPlace, viewPlace } from '@gatehouse/config/urls/mcp-endpoints';
import { instructionsFor } from '../mcp/capabilities.js';
import { chosenVisibility } from './chosen-visibility.js';
import { aggregationVisibility, type Visibility } from './visibility.js';

/** What one MCP endpoint shows of the backends. */
export interface Scope {
  /** What follows `/mcp` in its path. No two scopes have one place. */
  readonly place: string;
  /** In their configured order. Nothing of any other backend is looked at. */
  readonly backends: readonly string[];
  readonly aggregation: Aggregation;
  readonly visibility: Visibility;
}

/** What clients of the scope are told about it. */
export const instructionsOf = ({ backends, aggregation: { conflictResolution } }: Scope): string =>
  instructionsFor({ services: backends.length, hasPrefixes: conflictResolution === 'prefix' });

type Configured = Pick<VmcpProxyPart, 'backends' | 'aggregation' | 'views'>;

/** The scope of every endpoint. What the aggregation hides is hidden in all of them. */
export function scopesOf({ backends, aggregation, views }: Configured): readonly Scope[] {
  const names = backends.map(({ name }) => name);
  const visibility = aggregationVisibility(aggregation);
  const ofView = (view: ConfiguredView): Scope => ({
    place: viewPlace(view.name),
    backends: names.filter((name) => view.backends.includes(name)),
    aggregation,
    visibility: chosenVisibility(view, visibility),
  });
  const alone = withoutPrefix(aggregation);
  return [
    { place: '', backends: names, aggregation, visibility },
    ...names.map((name) => ({
      place: backendPlace(name),
      backends: [name],
      aggregation: alone,
      visibility,
    })),
    ...views.map(ofView),
  ];
}

/** A backend that is alone has no rival: its names need nothing that tells them apart. */
const withoutPrefix = (aggregation: Aggregation): Aggregation => ({
  ...aggregation,
  conflictResolution: 'manual',
  conflictResolutionConfig: { prefixFormat: '', priorityOrder: [] },
});
