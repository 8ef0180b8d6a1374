import type { IdentitySource, OAuth2Protocol, OidcProtocol } from '../model/upstream-provider.js';
import type { GatehouseYaml } from '../yaml/gatehouse-yaml.js';
import { given } from './written-values.js';

export type WrittenProvider = NonNullable<GatehouseYaml['authServer']>['upstreamProviders'][number];
type WrittenOidc = NonNullable<WrittenProvider['oidcConfig']>;
type WrittenOAuth2 = NonNullable<WrittenProvider['oauth2Config']>;
export type WrittenBlock = WrittenOidc | WrittenOAuth2;

export const isOidc = (block: WrittenBlock): block is WrittenOidc => 'issuerUrl' in block;

export function protocolOf(block: WrittenBlock): OidcProtocol | OAuth2Protocol {
  if (isOidc(block))
    return {
      type: 'oidc',
      issuer: block.issuerUrl,
      ...given('issuerTemplate', block.issuerTemplate),
      subjectClaim: block.subjectClaim,
      idTokenSignedWith: block.idTokenSignedWith,
    };
  return {
    type: 'oauth2',
    ...given('issuer', block.issuer),
    authorizationEndpoint: block.authorizationEndpoint,
    tokenEndpoint: block.tokenEndpoint,
    ...given('refreshEndpoint', block.refreshEndpoint),
    ...given('revocationEndpoint', block.revocationEndpoint),
    identity: identityOf(block),
  };
}

/** What is missing here was reported already: the checks of the fields see to one source, and to its fields. */
function identityOf({ userInfo, identityFromToken }: WrittenOAuth2): IdentitySource {
  if (userInfo !== undefined) return { from: 'userInfo', ...userInfo };
  const {
    source = 'tokenResponse',
    issuer = '',
    jwksUrl = '',
    fieldMapping = { subjectFields: ['sub'], nameFields: [], emailFields: [] },
  } = identityFromToken ?? {};
  return source === 'tokenResponse'
    ? { from: 'tokenResponse', fieldMapping }
    : { from: 'idToken', issuer, jwksUrl, fieldMapping };
}

/** The URLs that requests go to. When all of them are on localhost, private addresses and http are allowed. */
export function requestedUrlsOf(protocol: OidcProtocol | OAuth2Protocol): readonly (string | undefined)[] {
  if (protocol.type === 'oidc') return [protocol.issuer];
  const { authorizationEndpoint, tokenEndpoint, refreshEndpoint, revocationEndpoint, identity } = protocol;
  return [authorizationEndpoint, tokenEndpoint, refreshEndpoint, revocationEndpoint, identityUrlOf(identity)];
}

function identityUrlOf(identity: IdentitySource): string | undefined {
  switch (identity.from) {
    case 'userInfo':
      return identity.endpointUrl;
    case 'idToken':
      return identity.jwksUrl;
    case 'tokenResponse':
      return undefined;
  }
}
