import { isHttps, isLocalhost } from './hosts.js';

/** Below the issuer, one document for each provider that may need it. */
export const CLIENT_METADATA_PATH = '/oauth/client-metadata';

/** The Client ID Metadata Document that the authorization server publishes for one provider. */
export const ownClientMetadata = (issuer: string, provider: string): string =>
  `${issuer}${CLIENT_METADATA_PATH}/${provider}`;

/** Whether others can fetch what lies below this issuer, and so may take its URL for a client id. */
export const isPublished = (issuer: string): boolean => isHttps(issuer) && !isLocalhost(issuer);

export interface UpstreamClientFacts {
  readonly publicUrl: string;
  readonly provider: string;
  readonly redirectUri: string;
}

/**
 * What this gateway says of itself where it is the client (RFC 7591 section 2). It is public. The provider's name is part of
 * the name, so that a person who is asked to consent sees for which of several backends.
 */
export const upstreamClientMetadata = ({ publicUrl, provider, redirectUri }: UpstreamClientFacts) =>
  ({
    client_name: `Gatehouse at ${URL.parse(publicUrl)?.host ?? publicUrl} (${provider})`,
    client_uri: publicUrl,
    redirect_uris: [redirectUri],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    // OpenID Connect Registration section 2: only a native client has a redirect URI on localhost.
    application_type: isLocalhost(redirectUri) ? 'native' : 'web',
  }) as const;
