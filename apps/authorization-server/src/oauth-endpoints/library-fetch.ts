import type { FetchFunction } from '@gatehouse/safe-fetch/fetch-function';
import { Provider } from 'oidc-provider';

/**
 * What the library fetches: keys of the client that it is just dealing with, and metadata documents, each under its own rules. It
 * does not say which. A document is fetched before there is a client.
 */
export const libraryFetch =
  (documents: FetchFunction, keySet: (url: string) => Promise<Response>): FetchFunction =>
  async (url, init) => {
    const uri = Provider.ctx?.oidc.entities.Client?.jwksUri;
    return uri !== undefined && URL.parse(uri)?.href === url ? await keySet(url) : await documents(url, init);
  };
