/** Members that only OpenID Connect Discovery defines. Readers of RFC 8414 do not need them. */
const OPENID_ONLY = [
  'claims_supported',
  'claim_types_supported',
  'claims_parameter_supported',
  'subject_types_supported',
  'id_token_signing_alg_values_supported',
  'request_uri_parameter_supported',
  'request_parameter_supported',
];

export interface DiscoveryRules {
  readonly authorizationEndpoint: string;
  readonly openid: boolean;
  /** Whether clients are told that their id may be the URL of a document. */
  readonly documents: boolean;
}

/** The published metadata document: the library's, with corrections, and without members that belong to OpenID Connect only. */
export function publishedMetadata(
  document: Readonly<Record<string, unknown>>,
  { authorizationEndpoint, openid, documents }: DiscoveryRules,
): Record<string, unknown> {
  const published: Record<string, unknown> = {
    ...document,
    authorization_endpoint: authorizationEndpoint,
    // Other modes are refused.
    response_modes_supported: ['query'],
    revocation_endpoint_auth_methods_supported: document['token_endpoint_auth_methods_supported'],
  };
  const { claims_supported: claims } = published;
  // No token has it.
  if (Array.isArray(claims)) published['claims_supported'] = claims.filter((claim) => claim !== 'sid');
  if (!documents) delete published['client_id_metadata_document_supported'];
  if (openid) return published;
  return Object.fromEntries(Object.entries(published).filter(([member]) => !OPENID_ONLY.includes(member)));
}
