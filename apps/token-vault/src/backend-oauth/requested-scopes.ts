import { isStorableText } from '@gatehouse/kernel/storable-text';

const OFFLINE_ACCESS = 'offline_access';
const MAX_SCOPES = 100;
/** An authorization URL has 8 KiB, with all else that is in it. */
const MAX_ENCODED_LENGTH = 4_000;
/** RFC 6749 section 3.3. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/;

export interface ScopeFacts {
  /** Of the configuration; empty: they are chosen. */
  readonly configured: readonly string[];
  /** `scope` of the backend's challenge. */
  readonly challenged: string | undefined;
  /** `scopes_supported` of the backend's metadata. */
  readonly ofResource: readonly string[] | undefined;
  /** What a connection was granted and what its backend missed in it; empty: nothing was missed. */
  readonly stepUp: readonly string[];
  /** `scopes_supported` of the authorization server's metadata. */
  readonly ofServer: readonly string[] | undefined;
}

/**
 * The scopes to ask for (MCP, scope selection strategy): those of the challenge, else all that the resource lists, else
 * none; and with them those of a step-up (MCP, step-up authorization flow). `offline_access` is added only where the
 * authorization server offers it. What the configuration says goes before all of that.
 */
export function requestedScopes({
  configured,
  challenged,
  ofResource,
  stepUp,
  ofServer,
}: ScopeFacts): readonly string[] {
  if (configured.length > 0) return configured;
  const demanded = challenged === undefined ? (ofResource ?? []) : challenged.split(' ');
  const chosen = wellFormed([...stepUp, ...demanded]);
  if (chosen.length === 0 || chosen.includes(OFFLINE_ACCESS)) return chosen;
  return ofServer?.includes(OFFLINE_ACCESS) === true ? [...chosen, OFFLINE_ACCESS] : chosen;
}

/** Those that are scopes, each once, and not more than a URL can hold; the first ones count. */
export function wellFormed(scopes: readonly string[]): readonly string[] {
  let left = MAX_ENCODED_LENGTH;
  return [...new Set(scopes)]
    .filter((scope) => SCOPE.test(scope) && isStorableText(scope))
    .filter((scope) => (left -= encodeURIComponent(scope).length + 1) >= 0)
    .slice(0, MAX_SCOPES);
}
