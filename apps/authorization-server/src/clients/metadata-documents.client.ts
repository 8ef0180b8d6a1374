import type { MetadataDocuments } from '@gatehouse/config/model/client-registration';
import { fetchFunction, type FetchFunction } from '@gatehouse/safe-fetch/fetch-function';

const TIMEOUT_MS = 2_500;
const MAX_DOCUMENT_BYTES = 10 * 1024;

/** It is written beside what its users approve, in an index that takes no more than a third of a page. */
const MAX_CLIENT_ID_BYTES = 2_048;

/** Whether a Client ID Metadata Document may be fetched from a host. */
export function isAllowedHost(
  clientId: string,
  { allowedHosts }: Pick<MetadataDocuments, 'allowedHosts'>,
): boolean {
  const host = URL.parse(clientId)?.hostname;
  if (host === undefined || Buffer.byteLength(clientId) > MAX_CLIENT_ID_BYTES) return false;
  return allowedHosts.some(
    (allowed) =>
      allowed === '*' || allowed === host || (allowed.startsWith('*.') && host.endsWith(allowed.slice(1))),
  );
}

/**
 * How documents are fetched: every address checked when connecting, redirects never followed, small, and JSON by its
 * media type (draft-ietf-oauth-client-id-metadata-document, sections 4 and 8).
 */
export function documentFetch({
  allowPrivateIps,
}: Pick<MetadataDocuments, 'allowPrivateIps'>): FetchFunction {
  const fetch = fetchFunction({
    timeoutMs: TIMEOUT_MS,
    maxResponseBytes: MAX_DOCUMENT_BYTES,
    allowPrivateIps,
    insecureAllowHttp: false,
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
