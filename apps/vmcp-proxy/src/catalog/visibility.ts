import type { Aggregation } from '@gatehouse/config/model/aggregation';
import { matchesWildcard } from '@gatehouse/kernel/wildcard';
import type { Kind } from './definitions.js';
import { matchesUri, matchesUriTemplate } from './plain-uri.js';

/** What the configuration lets clients see and use. It goes by what backends say, never by the names that clients see. */
export interface Visibility {
  /** @param original name, URI or URI template, as the backend gives it. */
  shows(kind: Kind, backend: string, original: string): boolean;
  /** Whether any tool of the backend can be shown. */
  hasTools(backend: string): boolean;
}

/** What is hidden for everybody. */
export function aggregationVisibility(aggregation: Aggregation): Visibility {
  const { excludeAllTools, defaultToolVisibility } = aggregation;
  const tools = new Map(aggregation.tools.map((entry) => [entry.workload, entry]));
  const prompts = new Map(aggregation.prompts.map(({ workload, filter }) => [workload, filter]));
  const resources = new Map(aggregation.resources.map(({ workload, filter }) => [workload, filter]));
  const hasTools = (backend: string): boolean => {
    const entry = tools.get(backend);
    if (excludeAllTools) return false;
    return entry === undefined ? defaultToolVisibility === 'allow' : !entry.excludeAll;
  };
  return {
    hasTools,
    shows: (kind, backend, original) => {
      switch (kind) {
        case 'tools':
          return hasTools(backend) && tools.get(backend)?.filter?.includes(original) !== false;
        case 'prompts':
          return prompts.get(backend)?.some((pattern) => matchesWildcard(pattern, original)) !== false;
        case 'resources':
          return resources.get(backend)?.some((pattern) => matchesUri(pattern, original)) !== false;
        case 'resourceTemplates':
          return resources.get(backend)?.some((pattern) => matchesUriTemplate(pattern, original)) !== false;
      }
    },
  };
}
