import type { BackendFeed } from '../backends/feed.client.js';
import type { Scope } from '../catalog/scope.js';

/** What a client can hear the change of. Templates are resources (MCP, `notifications/resources/list_changed`). */
export const LIST_KINDS = ['tools', 'prompts', 'resources'] as const;
export type ListKind = (typeof LIST_KINDS)[number];

export interface ChangeListener {
  changed(kind: ListKind): void;
  /** @param uri as the client knows it. */
  updated(uri: string): void;
}

/** A resource whose updates a client wants to hear of. */
export interface WatchedResource {
  /** As the client knows it. */
  readonly uri: string;
  readonly backend: string;
  /** As its backend knows it. */
  readonly original: string;
}

/** Those of one principal who listen at one endpoint. */
export interface FeedUser {
  readonly scope: Scope;
  readonly listeners: ReadonlyMap<ChangeListener, readonly WatchedResource[]>;
}

export type Feed = Pick<BackendFeed, 'run' | 'close' | 'renew' | 'setResources'>;

/** What one backend says, for all who may hear it. */
export interface SharedFeed<User extends FeedUser = FeedUser> {
  readonly backend: string;
  readonly feed: Feed;
  readonly users: Set<User>;
  /** When somebody looked because of it, or will. */
  looksAtMs: number;
}

/** Of all who share a feed. */
const MAX_RESOURCES = 1_024;
export const UPDATED = 'notifications/resources/updated';
export const MAX_URI_BYTES = 8_192;

const isOrBelow = (uri: string, watched: string): boolean =>
  uri === watched || (uri.startsWith(watched) && (watched.endsWith('/') || uri[watched.length] === '/'));

/** What all who share the feed want. */
export function resourcesOf({ backend, users }: Pick<SharedFeed, 'backend' | 'users'>): ReadonlySet<string> {
  const wanted = new Set<string>();
  for (const { listeners } of users)
    for (const resources of listeners.values())
      for (const one of resources)
        if (one.backend === backend && wanted.size < MAX_RESOURCES) wanted.add(one.original);
  return wanted;
}

/** What was updated may be a part of what is watched (MCP, resources, subscriptions), if its name is to be seen at all. */
export function tellUpdated(
  { backend, users }: Pick<SharedFeed, 'backend' | 'users'>,
  original: unknown,
): void {
  if (typeof original !== 'string') return;
  for (const { listeners, scope } of users) {
    const mayBeNamed = scope.visibility.shows('resources', backend, original);
    for (const [listener, resources] of listeners)
      for (const one of resources)
        if (
          one.backend === backend &&
          isOrBelow(original, one.original) &&
          (mayBeNamed || original === one.original)
        )
          listener.updated(one.uri + original.slice(one.original.length));
  }
}
