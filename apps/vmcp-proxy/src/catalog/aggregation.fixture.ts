import type { Aggregation } from '@gatehouse/config/model/aggregation';
import type { Scope } from './scope.js';
import { aggregationVisibility } from './visibility.js';

/** What the configuration says where nobody has written anything, with changes. */
export const aggregationOf = (changed: Partial<Aggregation> = {}): Aggregation => ({
  conflictResolution: 'prefix',
  conflictResolutionConfig: { prefixFormat: '{workload}_', priorityOrder: [] },
  maxNameLength: 128,
  excludeAllTools: false,
  defaultToolVisibility: 'allow',
  tools: [],
  prompts: [],
  resources: [],
  ...changed,
});

/** Of the endpoint of all backends. */
export const wholeScope = (backends: readonly string[], changed: Partial<Aggregation> = {}): Scope => {
  const aggregation = aggregationOf(changed);
  return {
    place: '',
    backends,
    aggregation,
    visibility: aggregationVisibility(aggregation),
    hasAccounts: false,
  };
};
