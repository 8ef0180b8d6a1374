import { isObject, type JsonObject } from '../mcp/message.js';
import type { Listed } from './merge.js';
import { qualified, type ListedResource } from './merge-resources.js';

/** Where a page is that shows results of a tool. */
export interface Page {
  readonly backend: string;
  readonly original: string;
}

export interface NamedPages {
  /** Of the tools, in their order. */
  readonly definitions: readonly JsonObject[];
  /** By the URIs that clients see. */
  readonly pages: ReadonlyMap<string, Page>;
}

/** Before MCP Apps were final the URI stood in `_meta` itself. */
const EARLIER = 'ui/resourceUri';
const MAX_URI_CHARACTERS = 4_096;

/**
 * A tool names the page that shows its results (MCP Apps, `_meta.ui.resourceUri`). The page may be in no list, and two backends
 * may call theirs the same: a page has the name under which it is listed, and another than that of each other backend.
 */
export function namePages(tools: readonly Listed[], resources: readonly ListedResource[]): NamedPages {
  const pages = new Map<string, Page>();
  const names = new Map<string, string>();
  const owners = new Map<string, string>();
  for (const { uri, backend, original } of resources) {
    owners.set(uri, backend);
    names.set(keyOf(backend, original), uri);
  }
  const nameOf = (backend: string, original: string): string => {
    const known = names.get(keyOf(backend, original));
    if (known !== undefined) return known;
    let uri = original;
    while (owners.has(uri) && owners.get(uri) !== backend) uri = qualified(backend, uri);
    owners.set(uri, backend);
    names.set(keyOf(backend, original), uri);
    return uri;
  };
  const definitions = tools.map(({ backend, definition }) => {
    const original = pageIn(definition);
    if (original === undefined) return definition;
    const uri = nameOf(backend, original);
    pages.set(uri, { backend, original });
    return uri === original ? definition : withPage(definition, uri);
  });
  return { definitions, pages };
}

const keyOf = (backend: string, original: string): string => `${backend}\n${original}`;

function pageIn({ _meta: meta }: JsonObject): string | undefined {
  if (!isObject(meta)) return undefined;
  const { ui, [EARLIER]: earlier } = meta;
  const uri = isObject(ui) && ui['resourceUri'] !== undefined ? ui['resourceUri'] : earlier;
  return typeof uri === 'string' && uri !== '' && uri.length <= MAX_URI_CHARACTERS ? uri : undefined;
}

function withPage(definition: JsonObject, uri: string): JsonObject {
  const meta = isObject(definition['_meta']) ? definition['_meta'] : {};
  const { ui, [EARLIER]: earlier } = meta;
  return {
    ...definition,
    _meta: {
      ...meta,
      ...(isObject(ui) && ui['resourceUri'] !== undefined ? { ui: { ...ui, resourceUri: uri } } : {}),
      ...(earlier === undefined ? {} : { [EARLIER]: uri }),
    },
  };
}
