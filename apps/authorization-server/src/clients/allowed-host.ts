import type { MetadataDocuments } from '@gatehouse/config/model/client-registration';

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
