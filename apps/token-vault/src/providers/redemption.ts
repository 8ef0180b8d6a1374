import type { UpstreamIdentity } from '@gatehouse/contracts/fields';
import type { AuthenticationContext } from './authentication-context.js';
import type { LegSecrets } from './authorization-parameters.js';
import type { SaidIssuer } from './said-issuer.js';
import type { AcceptedTokens, RenewedTokens } from './token-answer.js';
import type { UpstreamFailure } from './upstream-failure.js';

export type CodeRedemption =
  /** Without an identity, nobody says who the person is: then it is whoever signs in to this gateway. */
  | (AuthenticationContext & {
      readonly ok: true;
      readonly accepted: AcceptedTokens;
      readonly identity: UpstreamIdentity | undefined;
      /** As the provider's id_token says (OpenID Connect Core section 2). */
      readonly authenticatedAtMs?: number;
    })
  | { readonly ok: false; readonly failure: UpstreamFailure };

export type RefreshRedemption =
  | { readonly ok: true; readonly accepted: RenewedTokens; readonly idTokenSubject?: string }
  | { readonly ok: false; readonly failure: UpstreamFailure };

export type Revocation =
  | { readonly ok: true; readonly outcome: 'revoked' | 'unsupported' }
  | { readonly ok: false; readonly failure: UpstreamFailure };

/** A provider's answer to one of our authorization requests, after the checks of who sent it. */
export interface Callback {
  readonly query: string;
  readonly state: string;
  readonly secrets: LegSecrets;
  /** As it was sent in the authorization request. */
  readonly redirectUri: string;
  readonly said: Exclude<SaidIssuer, 'another'>;
  /** Nothing but `iss` could tell whose answer it is. */
  readonly mustSay: boolean;
}

/** An `iss` that cannot be compared with anything is left out: the library would compare it with a stand-in. */
export function callbackUrl({ redirectUri, query, said }: Callback): URL {
  const url = new URL(redirectUri);
  url.search = query;
  if (said === 'unknown') url.searchParams.delete('iss');
  return url;
}
