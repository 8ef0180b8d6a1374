import type { Provider } from 'oidc-provider';
import type { ClientTerms } from '../client-terms/client-terms.js';

/** What a client may ask for now, by its registration and within its limits. @returns `undefined`: whatever there is */
export async function registeredScopes(
  provider: Provider,
  clientId: string | null,
  terms: Pick<ClientTerms, 'scopesOf'>,
): Promise<readonly string[] | undefined> {
  return clientId === null ? undefined : terms.scopesOf(clientId, await ofRecord(provider, clientId));
}

/** A client whose id is a URL says in its document what it is, and registers no scopes (`clientMetadataRule`). */
async function ofRecord(provider: Provider, clientId: string): Promise<readonly string[] | undefined> {
  if (URL.canParse(clientId)) return undefined;
  try {
    const client = await provider.Client.find(clientId);
    return client?.scope?.split(' ');
  } catch {
    // The library finds out as well, and says so.
    return undefined;
  }
}
