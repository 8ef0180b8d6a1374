import type { JsonObject } from '../mcp/message.js';

/** The four things that a backend lists, as it gave them: members that nobody here knows are kept. */
export const KINDS = ['tools', 'prompts', 'resources', 'resourceTemplates'] as const;
export type Kind = (typeof KINDS)[number];

/** Something of a backend's lists that clients are not shown as it came. */
export interface ListNote {
  readonly kind: Kind;
  /** Of the entry, in printable ASCII; absent where it is about the list. */
  readonly name?: string;
  readonly outcome: 'left_out' | 'repaired' | 'cut_short';
  readonly reason: string;
}

/** What one backend lists for one principal. */
export interface BackendLists extends Readonly<Record<Kind, readonly JsonObject[]>> {
  readonly notes: readonly ListNote[];
  /** Of the content: equal lists of many users are kept once. */
  readonly digest: string;
}

/** The list method of a kind, the member of its result, and what identifies an entry. */
export const LISTING = {
  tools: { method: 'tools/list', identifiedBy: 'name' },
  prompts: { method: 'prompts/list', identifiedBy: 'name' },
  resources: { method: 'resources/list', identifiedBy: 'uri' },
  resourceTemplates: { method: 'resources/templates/list', identifiedBy: 'uriTemplate' },
} as const satisfies Record<Kind, { method: string; identifiedBy: string }>;
