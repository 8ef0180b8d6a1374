import type { DeclaredList } from '../mcp/about.js';
import type { BackendLists, Kind } from './definitions.js';

const DECLARED_WITH = {
  prompts: 'prompts',
  resources: 'resources',
  resourceTemplates: 'resources',
} as const satisfies Record<Exclude<Kind, 'tools'>, DeclaredList>;
const OPTIONAL = ['prompts', 'resources', 'resourceTemplates'] as const;

/**
 * Lists that a backend neither declared nor had when it was asked for all of them. Lists that could not be read say nothing.
 * @param lists the newest; `undefined`: nothing is known
 */
export const listsWithout = (lists: BackendLists | undefined): readonly Kind[] =>
  lists === undefined || lists.missing !== undefined
    ? []
    : OPTIONAL.filter(
        (kind) => lists[kind].length === 0 && lists.about?.declares?.includes(DECLARED_WITH[kind]) !== true,
      );
