import type { MetadataDocuments } from '@gatehouse/config/model/client-registration';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { fetchFunction, type FetchFunction } from '@gatehouse/safe-fetch/fetch-function';

const TIMEOUT_MS = 2_500;
const MAX_DOCUMENT_BYTES = 10 * 1024;

/**
 * How documents are fetched: every address checked when connecting, redirects never followed, small, and JSON by its
 * media type (draft-ietf-oauth-client-id-metadata-document, sections 4 and 8).
 */
export function documentFetch(
  { allowPrivateIps }: Pick<MetadataDocuments, 'allowPrivateIps'>,
  wayOut: AuthorizationServerPart['wayOut'],
): FetchFunction {
  const fetch = fetchFunction({
    timeoutMs: TIMEOUT_MS,
    maxResponseBytes: MAX_DOCUMENT_BYTES,
    allowPrivateIps,
    insecureAllowHttp: false,
    wayOut,
    ofStrangers: true,
  });
  return async (url, init) => {
    const response = await fetch(url, { method: init.method, headers: plainHeaders(init.headers) });
    const mediaType = response.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase() ?? '';
    if (response.status === 200 && !/^application\/(json|[\w.-]+\+json)$/.test(mediaType))
      throw new Error('the document is not JSON by its media type');
    return response;
  };
}

/** The library hands over a `Headers` object where its types say a record. */
const plainHeaders = (headers: Record<string, string>): Record<string, string> =>
  Object.fromEntries(new Headers(headers));
