import type { FetchFunction } from '@gatehouse/safe-fetch/fetch-function';
import type { Provider } from './provider-registry.js';
import { jsonRequest, mappedAnswer, type Grant } from './token-dialect.js';

/** A fetch that speaks to one endpoint as the provider wants it, and makes what a token endpoint answers that of RFC 6749. */
export function dialectFetch(
  fetch: FetchFunction,
  endpoint: string,
  { dialect }: Provider,
  grant: Grant,
): FetchFunction {
  const { tokenRequestFormat, tokenRequestHeaders, tokenResponseMapping } = dialect;
  return async (url, init) => {
    if (url !== endpoint) return await fetch(url, init);
    const json = tokenRequestFormat === 'json' ? jsonRequest(init.body) : undefined;
    const response = await fetch(url, {
      ...init,
      headers: {
        ...init.headers,
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        ...lowerCased(tokenRequestHeaders),
      },
      ...(json === undefined ? {} : { body: json }),
    });
    if (!response.ok || tokenResponseMapping.accessToken === undefined) return response;
    const { status, headers } = response;
    // A response without content (204 of a revocation) has nothing to map.
    if (response.body === null) return response;
    const body = mappedAnswer(await response.text(), tokenResponseMapping, grant);
    return new Response(body, { status, headers });
  };
}

/** As the library writes its own: a header is sent once. */
const lowerCased = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
