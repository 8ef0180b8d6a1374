import type { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { About } from '../mcp/about.js';
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

/** How many entries of one list had such an outcome: not every one of them has a note. */
export interface AlteredEntries {
  readonly kind: Kind;
  readonly outcome: Exclude<ListNote['outcome'], 'cut_short'>;
  readonly entries: number;
}

/** What one backend lists for one principal. */
export interface BackendLists extends Readonly<Record<Kind, readonly JsonObject[]>> {
  readonly notes: readonly ListNote[];
  readonly altered: readonly AlteredEntries[];
  /** Why a list other than the tools could not be asked for now; it is not whole here. */
  readonly missing?: GatehouseError;
  /** What the backend says about itself; absent: nothing. */
  readonly about?: About;
  /** Of the entries, as JSON. */
  readonly bytes: number;
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
