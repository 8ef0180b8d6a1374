import type { Provider } from 'oidc-provider';

/** A client whose id is a URL says in its document what it is, and registers no scopes (`clientMetadataRule`). */
export async function registeredScopes(
  provider: Provider,
  clientId: string | null,
): Promise<readonly string[] | undefined> {
  if (clientId === null || URL.canParse(clientId)) return undefined;
  try {
    const client = await provider.Client.find(clientId);
    return client?.scope?.split(' ');
  } catch {
    // The library finds out as well, and says so.
    return undefined;
  }
}
