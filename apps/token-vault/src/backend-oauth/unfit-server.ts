/**
 * Why a backend or its authorization server is not used: what it says of itself does not fit, or is not safe. It is said in
 * logs. `found` is a URL of the other side.
 */
export class UnfitServer extends Error {
  override readonly name = 'UnfitServer';

  constructor(
    readonly reason: UnfitReason,
    readonly found?: string,
    /** What a registration was answered with. */
    readonly answer?: RefusedRegistration,
  ) {
    super(found === undefined ? reason : `${reason}: ${found}`);
  }
}

/** Of RFC 7591 section 3.2.2, as far as it is a word. */
interface RefusedRegistration {
  readonly status: number;
  readonly upstreamError?: string;
}

export type UnfitReason =
  /** The protected resource metadata describes something else than the backend (RFC 9728 section 3.3). */
  | 'resource_of_another'
  /** Neither protected resource metadata nor, for backends of 2025-03-26, authorization server metadata. */
  | 'no_metadata'
  | 'metadata_unreadable'
  /** The metadata names no authorization server, or not the configured one. */
  | 'no_authorization_server'
  /** RFC 8414 section 3.3. */
  | 'issuer_of_another'
  /** The authorization server belongs to another provider of the configuration, or is this gateway's own. */
  | 'authorization_server_of_another'
  /** The backend has named very many. */
  | 'too_many_issuers'
  /** RFC 7636: the metadata does not offer S256. */
  | 'no_pkce'
  | 'no_code_flow'
  | 'endpoint_missing'
  | 'endpoint_not_https'
  /** No configured client, no document and no dynamic registration is possible there. */
  | 'no_registration'
  /** The registration was refused, or its answer is not what was asked for. */
  | 'registration_refused'
  | 'registration_unfit';

/** A grant, or a step of a sign-in, that can never be completed any more. Only a new sign-in helps. */
export class GrantOver extends Error {
  override readonly name = 'GrantOver';

  constructor(readonly reason: 'issuer_changed' | 'client_gone') {
    super(reason);
  }
}
