import type { Aggregation } from '@gatehouse/config/model/aggregation';
import { matchesWildcard } from '@gatehouse/kernel/wildcard';
import type { Kind } from './definitions.js';

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
        case 'resourceTemplates':
          return resources.get(backend)?.some((pattern) => matchesUri(pattern, original)) !== false;
      }
    },
  };
}

/** A URI with dot segments may name something that it does not look like: a pattern with a `*` does not take it. */
export const matchesUri = (pattern: string, uri: string): boolean =>
  pattern === uri || (matchesWildcard(pattern, uri) && !hasDotSegments(uri));

const DOT_SEGMENT = /(^|[/\\:=])\.{1,2}([/\\?#;]|$)/;
/** A backend may decode what is encoded, and what comes of that once more. */
const MAX_DECODINGS = 4;

/** Whether a segment of a URI leads up or nowhere, in any encoding. */
export function hasDotSegments(uri: string): boolean {
  let text = uri;
  for (let count = 0; count < MAX_DECODINGS; count += 1) {
    if (DOT_SEGMENT.test(text)) return true;
    const decoded = text.replace(/%(25|2e|2f|5c)/gi, (encoded) => decodeURIComponent(encoded));
    if (decoded === text) return false;
    text = decoded;
  }
  return true;
}
