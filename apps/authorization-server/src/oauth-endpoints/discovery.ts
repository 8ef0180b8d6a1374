import { endpointAliases } from './mutual-tls.js';

/** Members that only OpenID Connect Discovery defines. Readers of RFC 8414 do not need them. */
const OPENID_ONLY = [
  'userinfo_endpoint',
  'end_session_endpoint',
  'backchannel_logout_supported',
  'backchannel_logout_session_supported',
  'claims_supported',
  'claim_types_supported',
  'claims_parameter_supported',
  'subject_types_supported',
  'id_token_signing_alg_values_supported',
  'request_uri_parameter_supported',
  'request_parameter_supported',
];

/** draft-ietf-oauth-identity-assertion-authz-grant, section 6: beside the grant of RFC 7523, which the library names. */
const ID_JAG_PROFILE = 'urn:ietf:params:oauth:grant-profile:id-jag';

export interface DiscoveryRules {
  readonly authorizationEndpoint: string;
  readonly openid: boolean;
  /** Where `openid` is a scope. */
  readonly userInfoEndpoint: string;
  /** What signs answers to introspection; `undefined`: nobody may ask. */
  readonly introspectionAlg: string | undefined;
  /** Whether assertions of other issuers about people are taken. */
  readonly assertions: boolean;
  /** Whether clients are told that their id may be the URL of a document. */
  readonly documents: boolean;
  /** Where endpoints are reached with certificates (RFC 8705, section 5); `undefined`: nowhere else. */
  readonly aliasBase: string | undefined;
}

/** The published metadata document: the library's, with corrections, and without members that belong to OpenID Connect only. */
export function publishedMetadata(
  document: Readonly<Record<string, unknown>>,
  {
    authorizationEndpoint,
    openid,
    documents,
    userInfoEndpoint,
    introspectionAlg,
    assertions,
    aliasBase,
  }: DiscoveryRules,
): Record<string, unknown> {
  const {
    token_endpoint_auth_methods_supported: authMethods,
    token_endpoint_auth_signing_alg_values_supported: authAlgorithms,
  } = document;
  const published: Record<string, unknown> = {
    ...document,
    authorization_endpoint: authorizationEndpoint,
    // Every logout token has `sid` (Back-Channel Logout 1.0, section 2.1).
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
    // Other modes are refused.
    response_modes_supported: ['query'],
    revocation_endpoint_auth_methods_supported: authMethods,
    revocation_endpoint_auth_signing_alg_values_supported: authAlgorithms,
  };
  if (introspectionAlg === undefined) delete published['introspection_endpoint'];
  else {
    // Who may ask has a secret.
    published['introspection_endpoint_auth_methods_supported'] = listOf(authMethods).filter(
      (one) => one !== 'none',
    );
    published['introspection_endpoint_auth_signing_alg_values_supported'] = authAlgorithms;
    published['introspection_signing_alg_values_supported'] = [introspectionAlg];
  }
  if (listOf(document['scopes_supported']).includes('openid'))
    published['userinfo_endpoint'] = userInfoEndpoint;
  // Nobody can ask for any without that scope.
  else published['claims_parameter_supported'] = false;
  if (assertions) published['authorization_grant_profiles_supported'] = [ID_JAG_PROFILE];
  if (!documents) delete published['client_id_metadata_document_supported'];
  const said = openid
    ? published
    : Object.fromEntries(Object.entries(published).filter(([member]) => !OPENID_ONLY.includes(member)));
  const { issuer } = document;
  return aliasBase === undefined
    ? said
    : { ...said, mtls_endpoint_aliases: endpointAliases(said, String(issuer), aliasBase) };
}

const listOf = (list: unknown): readonly unknown[] => (Array.isArray(list) ? list : []);
