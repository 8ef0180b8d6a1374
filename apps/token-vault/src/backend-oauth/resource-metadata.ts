import { z } from 'zod';
import { saidMembers } from './said-members.js';
import { UnfitServer } from './unfit-server.js';
import { resourceMetadataUrls } from './well-known.js';

/** RFC 9728 section 2. */
const document = z.looseObject({
  resource: z.url(),
  authorization_servers: z
    .array(z.url({ protocol: /^https?$/ }))
    .max(16)
    .optional(),
  scopes_supported: z.array(z.string()).max(256).optional(),
});

/** What a backend says of itself. */
export interface ResourceMetadata {
  /** As it is written: what tokens are asked for (RFC 8707). */
  readonly resource: string;
  /** Issuers, in its order. */
  readonly authorizationServers: readonly string[];
  readonly scopesSupported: readonly string[] | undefined;
}

/**
 * Reads the metadata of a backend. It has to describe the backend: a hostile one would name the resource of another, and be
 * given tokens for that one (RFC 9728 sections 3.3 and 7.3).
 * @param backend what the metadata has to name, and where the document was found
 * @returns `undefined` for a document of what lies above the backend, found elsewhere than at that one's own place
 * @throws {UnfitServer}
 */
export function readResourceMetadata(
  value: unknown,
  backend: { readonly resource: string; readonly foundAt: string },
): ResourceMetadata | undefined {
  const parsed = document.safeParse(saidMembers(value));
  if (!parsed.success) throw new UnfitServer('metadata_unreadable', backend.foundAt);
  const { resource, authorization_servers, scopes_supported } = parsed.data;
  if (!isSame(resource, backend.resource)) {
    if (!isAbove(resource, backend.resource)) throw new UnfitServer('resource_of_another', resource);
    // Whoever has a path of a host could name the whole host. The host's own document only its owner can write.
    if (!resourceMetadataUrls(resource).slice(0, 1).includes(backend.foundAt)) return undefined;
  }
  return {
    resource,
    authorizationServers: authorization_servers ?? [],
    scopesSupported: scopes_supported,
  };
}

/** Equal but for spelling (RFC 3986 section 6.2.3) and one slash at the end, which servers add and leave out. */
const isSame = (one: string, other: string): boolean => plain(one) === plain(other);

function plain(text: string): string {
  const url = new URL(text);
  return `${url.origin}${url.pathname.replace(/\/$/, '')}${url.search}${url.hash}`;
}

/** Of the same origin, and a path of which the backend's is a continuation. Many servers name their origin. */
function isAbove(resource: string, backend: string): boolean {
  const [above, below] = [new URL(resource), new URL(backend)];
  if (above.origin !== below.origin || above.search !== '' || above.hash !== '') return false;
  return below.pathname.startsWith(`${above.pathname.replace(/\/$/, '')}/`);
}
