import { clientPageProblem } from '@gatehouse/config/urls/client-uris';
import { within, writtenLimits } from '@gatehouse/config/model/client-limits';
import type { SigningAlgorithm } from '@gatehouse/config/model/client-registration';
import type { ClientMetadata, Configuration } from 'oidc-provider';
import { errors } from 'oidc-provider';
import { sendsNoCodes, withholdGrants, type ConfiguredClient, type GrantRules } from './client-grants.js';
import { allowedScopes, type ClientScopeRules } from './client-scopes.js';
import {
  clientProofsProblem,
  demandProofs,
  keepKnownMembers,
  type ClientProofRules,
} from './client-proofs.js';
import { BACKCHANNEL_LOGOUT_URI, backchannelLogoutUriProblem } from './logout-uris.js';
import {
  applicationType,
  postLogoutRedirectUrisProblem,
  redirectUrisProblem,
  type RedirectPolicy,
} from './redirect-uris.js';

/** Members that name a page about the client (RFC 7591, section 2). */
export const CLIENT_PAGES = ['client_uri', 'logo_uri', 'policy_uri', 'tos_uri'] as const;

/** @returns what is wrong with the pages that a client names, in a sentence for its developer. */
export function clientPagesProblem(metadata: Readonly<Record<string, unknown>>): string | undefined {
  for (const member of CLIENT_PAGES) {
    const uri = metadata[member];
    const problem = uri === undefined ? undefined : clientPageProblem(uri);
    if (problem !== undefined) return `${member} ${problem}`;
  }
  return undefined;
}

export interface ClientRules extends RedirectPolicy, ClientScopeRules, ClientProofRules, GrantRules {
  /** What identity tokens can be signed with now; the first where a client wants none of them. */
  readonly idTokenAlgs: readonly SigningAlgorithm[];
  readonly clients: readonly ConfiguredClient[];
}

/**
 * What a registered client asked its identity tokens to be signed with. The library writes the default of the day into each record
 * as `id_token_signed_response_alg`, so that a wish cannot be told from it there.
 */
export const ASKED_ID_TOKEN_ALG = 'asked_id_token_signed_response_alg';

/**
 * Runs for each client that the library is about to use: registered now or by an earlier release, described by a
 * document, or of the configuration. So a place where no code may be sent is refused wherever it came from. What only says
 * how the server was configured when the client registered is brought up to date: a client must not end with a change of the
 * signing algorithm or of the scopes.
 */
export const clientMetadataRule = (
  rules: ClientRules,
): NonNullable<Configuration['extraClientMetadata']> => ({
  properties: ['redirect_uris', ASKED_ID_TOKEN_ALG, BACKCHANNEL_LOGOUT_URI],
  validator: (_ctx, member, _value, metadata: ClientMetadata) => {
    if (member !== 'redirect_uris') return;
    demandProofs(metadata, rules);
    withholdGrants(metadata, rules);
    const problem =
      (sendsNoCodes(metadata, rules.clients)
        ? undefined
        : redirectUrisProblem(metadata.redirect_uris, rules)) ??
      postLogoutRedirectUrisProblem(metadata.post_logout_redirect_uris, rules) ??
      backchannelLogoutUriProblem(metadata[BACKCHANNEL_LOGOUT_URI]) ??
      clientPagesProblem(metadata) ??
      clientProofsProblem(metadata, rules);
    if (problem !== undefined) throw new errors.InvalidClientMetadata(problem);
    keepKnownMembers(metadata);
    metadata.application_type = applicationType(metadata.redirect_uris ?? []);
    metadata.id_token_signed_response_alg = idTokenAlgToday(metadata, rules);
    const scopes = scopesToday(metadata, rules);
    if (scopes === undefined) delete metadata.scope;
    else metadata.scope = scopes;
  },
});

/**
 * A client whose algorithm has no key any more gets the first: it goes on, where an error would end it for ever. A document is no
 * record of ours, so that what it says is its author's wish.
 */
function idTokenAlgToday(
  metadata: ClientMetadata,
  { idTokenAlgs }: ClientRules,
): SigningAlgorithm | undefined {
  const inDocument = URL.canParse(metadata.client_id) ? metadata.id_token_signed_response_alg : undefined;
  const asked = metadata[ASKED_ID_TOKEN_ALG] ?? inDocument;
  return idTokenAlgs.find((alg) => alg === asked) ?? idTokenAlgs[0];
}

/** @returns `undefined`: the client may ask for each of them. A document's author restricts nobody but themselves. */
function scopesToday({ client_id: clientId, scope }: ClientMetadata, rules: ClientRules): string | undefined {
  const limit = writtenLimits(clientId, { clientRegistration: rules })?.scopes;
  if (limit !== undefined) return within(rules.scopesSupported, limit).join(' ');
  return URL.canParse(clientId) ? undefined : allowedScopes(scope?.split(' ') ?? [], rules)?.join(' ');
}
