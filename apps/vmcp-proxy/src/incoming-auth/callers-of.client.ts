import { ProofNonces, type SharedKeys } from '@gatehouse/access-tokens/proof-nonces';
import { Proofs } from '@gatehouse/access-tokens/proofs';
import { CLOCK_TOLERANCE_SECONDS } from '@gatehouse/kernel/clock';
import type { VmcpProxyPart } from '@gatehouse/config/parts';
import type { DpopRules } from '@gatehouse/config/model/request-protection';
import type { ContractClient } from '@gatehouse/messaging/contract-client';
import type { KeyValueBucket } from '@gatehouse/messaging/key-value';
import type { Log } from '@gatehouse/observability/log';
import { AnyToken } from './any-token.js';
import { Callers } from './caller.js';
import { isEmbedded } from './embedded-issuer.js';
import { IntrospectedTokens } from './introspected-tokens.client.js';
import { issuerKeys } from './issuer-keys.client.js';
import type { SessionViews } from './session-views.client.js';
import { signingKeys } from './signing-keys.client.js';
import { TokenVerifier } from './token-verifier.js';
import { UsedProofs } from './used-proofs.store.js';

/** How callers prove that they hold a key. The rules are those of the authorization server, where it is Gatehouse's own. */
export function proofsIn(
  part: Pick<VmcpProxyPart, 'incomingAuth' | 'authServer'>,
  bucket: Pick<KeyValueBucket, 'create'>,
  keys: () => SharedKeys,
): Proofs {
  const rules: DpopRules | undefined = isEmbedded(part) ? part.authServer?.dpop : undefined;
  return new Proofs(
    new UsedProofs(bucket),
    rules?.nonces === 'required' ? new ProofNonces(keys()) : undefined,
    rules ?? { boundAccessTokens: 'optional' },
  );
}

/** How callers are identified under this configuration. */
export function callersOf(
  part: Pick<VmcpProxyPart, 'incomingAuth' | 'authServer'>,
  contracts: Pick<ContractClient, 'ask'>,
  sessions: SessionViews,
  proofs: Proofs,
  log: Pick<Log, 'warn' | 'failure'>,
): Callers {
  const { incomingAuth } = part;
  if (incomingAuth.type === 'anonymous') return new Callers(incomingAuth, undefined, undefined, proofs, log);
  const { issuer, kubernetesServiceAccount: serviceAccounts } = incomingAuth.oidc;
  const embedded = isEmbedded(part);
  const keys = embedded ? signingKeys(contracts) : issuerKeys(incomingAuth.oidc);
  const rules = {
    issuer,
    // RFC 9068, section 4. Other issuers' access tokens are often plain JWTs.
    ...(embedded ? { typ: 'at+jwt', machineClients: new Set(part.authServer?.machineClients) } : {}),
    clockToleranceSeconds: CLOCK_TOLERANCE_SECONDS,
    ...(serviceAccounts === undefined ? {} : { serviceAccounts }),
  };
  const verifier = new TokenVerifier(keys.getKey, rules, Date.now, keys.isGone);
  const { introspection } = incomingAuth.oidc;
  if (introspection !== undefined && !embedded) {
    const expected = { clockToleranceSeconds: CLOCK_TOLERANCE_SECONDS };
    const opaque = new IntrospectedTokens(incomingAuth.oidc, introspection, expected);
    return new Callers(incomingAuth, new AnyToken(verifier, opaque), undefined, proofs, log);
  }
  return new Callers(incomingAuth, verifier, embedded ? sessions : undefined, proofs, log);
}
