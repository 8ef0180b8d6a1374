import { SilentLog } from '@gatehouse/testing/silent-log';
import { Catalog } from './catalog.flow.js';
import type { ListBackend } from './catalog-surroundings.js';
import type { BackendLists } from './definitions.js';

export const NO_LISTS: BackendLists = {
  tools: [],
  prompts: [],
  resources: [],
  resourceTemplates: [],
  notes: [],
  altered: [],
  bytes: 0,
  digest: '',
};
/** A catalog of backends that treat each caller in another way. */
export const catalogOf = (
  backends: readonly string[],
  list: ListBackend,
  nowMs: () => number = Date.now,
  mostBytes?: number,
): Catalog =>
  new Catalog(
    backends.map((name) => ({ name })),
    list,
    () => true,
    { log: new SilentLog(), nowMs, ...(mostBytes === undefined ? {} : { mostBytes }) },
  );
