import type { Aggregation } from '@gatehouse/config/model/aggregation';

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
