import { authenticates, FAPI2_SIGNING_ALGORITHMS } from '@gatehouse/config/model/client-keys';
import type { SigningAlgorithm } from '@gatehouse/config/model/client-registration';
import { PROOF_ALGORITHMS } from '@gatehouse/access-tokens/dpop-proof';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import type { Clock } from '@gatehouse/kernel/clock';
import type { ClientCertificates } from '@gatehouse/service-process/client-certificates';
import type { AsymmetricSigningAlgorithm, Configuration } from 'oidc-provider';
import { clientAuthMethods, clientSigningAlgorithms } from '../clients/client-proofs.js';
import type { CookieKeys } from '../signing-keys/cookie-keys.js';
import type { SigningKeys } from '../signing-keys/signing-keys.js';
import { assertionRule, requestObjectRule } from './client-assertion.js';
import { mutualTls } from './mutual-tls.js';

export interface ClientProofParts {
  readonly config: AuthorizationServerPart;
  readonly cookieKeys: CookieKeys;
  readonly clock: Clock;
  readonly certificates: Pick<ClientCertificates, 'of'>;
}

/** What clients prove, for the library: who they are, what they ask for, and that they hold a key. */
export function clientProofSettings({ config, clock }: ClientProofParts) {
  const { requestProtection } = config;
  const signing = clientSigningAlgorithms(requestProtection);
  const waived = waivedPkce(config);
  return {
    clientAuthMethods: clientAuthMethods(requestProtection),
    assertJwtClientAuthClaimsAndHeader: assertionRule(config, clock),
    pkce: { required: (_ctx, { clientId }) => !waived.has(clientId) },
    enabledJWA: {
      clientAuthSigningAlgValues: signing,
      requestObjectSigningAlgValues: signing,
      // The library has them as literals.
      dPoPSigningAlgValues: PROOF_ALGORITHMS as readonly AsymmetricSigningAlgorithm[],
    },
  } satisfies Configuration;
}

export function clientProofFeatures(parts: ClientProofParts) {
  const { requestProtection } = parts.config;
  const { dpop, pushedAuthorizationRequests, securityProfile } = requestProtection;
  return {
    pushedAuthorizationRequests: {
      enabled: true,
      requirePushedAuthorizationRequests: pushedAuthorizationRequests === 'required',
      allowUnregisteredRedirectUris: false,
    },
    requestObjects: { enabled: true, assertJwtClaimsAndHeader: requestObjectRule },
    dPoP: {
      enabled: true,
      // The same at each replica.
      nonceSecret: Buffer.from(parts.cookieKeys.derive('DPoP nonces').reveal(), 'base64url'),
      requireNonce: () => dpop.nonces === 'required',
    },
    mTLS: mutualTls(requestProtection, parts),
    ...(securityProfile === 'fapi2' ? { fapi: { enabled: true, profile: '2.0' } } : {}),
  } satisfies Configuration['features'];
}

/** @throws when a profile does not know the algorithm of the first key, with which access tokens are signed. */
export function identityTokenAlgorithms({
  config: { requestProtection },
  signingKeys,
}: {
  readonly config: Pick<AuthorizationServerPart, 'requestProtection'>;
  readonly signingKeys: Pick<SigningKeys, 'signing' | 'algorithms'>;
}): SigningAlgorithm[] {
  const { algorithms, signing } = signingKeys;
  if (requestProtection.securityProfile !== 'fapi2') return [...algorithms];
  const allowed = algorithms.filter((alg) => FAPI2_SIGNING_ALGORITHMS.includes(alg));
  if (!allowed.includes(signing.alg))
    throw new Error(
      `authServer.securityProfile: with fapi2 the first of authServer.signingKeys is P-256 or Ed25519, and not for ${signing.alg}`,
    );
  return allowed;
}

/** Pre-registered clients that say so, and authenticate (OAuth 2.1, section 7.6). */
const waivedPkce = ({
  clientRegistration: { clients },
  requestProtection,
}: AuthorizationServerPart): ReadonlySet<string> =>
  new Set(
    requestProtection.securityProfile === 'fapi2'
      ? []
      : clients
          .filter((client) => client.pkce === 'optional' && authenticates(client))
          .map(({ clientId }) => clientId),
  );
