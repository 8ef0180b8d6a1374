import type { IssuedTokenView } from '@gatehouse/config/issued-token-view';
import { scopesOfTool } from '@gatehouse/config/model/tool-scopes';
import { credentialExchange, MAX_TOOL_LENGTH } from '@gatehouse/contracts/token-vault/credential-exchange';
import { sha256 } from '@gatehouse/kernel/digest';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { ContractClient } from '@gatehouse/messaging/contract-client';
import type { VaultKey } from '@gatehouse/messaging/vault-key';
import type { BoundBackend } from './binding.flow.js';
import type { ReplyKey } from './reply-key.js';
import type { Principal } from '../incoming-auth/principal.js';
import { sessionOf } from './session-of.js';
import type { AskedCredential, OutgoingStrategy } from './strategy.js';

/** A token that the vault has issued for the backend: for one that it holds, for the caller's own (RFC 8693), or for the gateway. */
export const issuedToken = (
  bound: BoundBackend,
  { subject, providers, toolScopes, hearsChallenges, ...destination }: IssuedTokenView,
  contracts: Pick<ContractClient, 'ask'>,
  replyKey: ReplyKey,
  vaultKey: VaultKey,
): OutgoingStrategy => ({
  kind: 'perUser',
  providers,
  // The scopes of such a token are those of the configuration.
  stepsUp: false,
  hearsChallenges: hearsChallenges === true,
  varietyFor: (tool) => (tool.length > MAX_TOOL_LENGTH ? '' : scopesOfTool(toolScopes, tool).join(' ')),
  ...(subject.of === 'externalCaller' ? { tokenOf: digestOf } : {}),
  async ask(principal, refused, deadlineAtMs, tool) {
    const request = {
      ...whose(principal, subject),
      ...bound,
      replyKey: replyKey.publicKey,
      ...(refused === undefined ? {} : { refused: refused.digest }),
      ...(refused?.challenge === undefined ? {} : { challenge: refused.challenge }),
      ...(tool === undefined ? {} : { tool }),
    };
    const issued = async (shown: { readonly sealedSubject?: string }): Promise<AskedCredential> =>
      await replyKey.answerTo(
        async () => await contracts.ask(credentialExchange, { ...request, ...shown }, { deadlineAtMs }),
        destination,
      );
    if (subject.of === 'provider' || subject.of === 'gateway') return await issued({});
    return await vaultKey.send(
      shownOf(principal, subject),
      async (sealedSubject) => await issued({ sealedSubject }),
    );
  },
});

/** The gateway's own token is for a client that comes for itself as well. What is a person's needs a person. */
function whose(principal: Principal, { of }: IssuedTokenView['subject']) {
  // Its sign-ins, and what it calls them, are the external issuer's.
  if (of === 'externalCaller') return {};
  return of === 'gateway' && principal.isClient
    ? { clientId: principal.clientId }
    : { tsid: sessionOf(principal) };
}

/** The caller's own token, for the vault alone. */
function shownOf({ token, subject, claims }: Principal, { of }: IssuedTokenView['subject']) {
  if (token === undefined) throw new GatehouseError('not_allowed', 'there is no caller token to exchange');
  const subjectToken = token.reveal();
  if (of === 'caller') return { subjectToken };
  const exp = claims?.['exp'];
  // No token is verified that does not say it.
  if (typeof exp !== 'number') throw new GatehouseError('internal', 'the caller’s token has no end');
  return { subjectToken, verified: { subject, expiresAtMs: Math.floor(exp * SECOND_MS) } };
}

const digests = new WeakMap<Principal, string>();

/** A token of an external issuer is good for what it says: what came for another one of the same person is not taken for it. */
function digestOf(principal: Principal): string {
  let digest = digests.get(principal);
  if (digest === undefined) {
    digest = sha256(principal.token?.reveal() ?? '');
    digests.set(principal, digest);
  }
  return digest;
}
