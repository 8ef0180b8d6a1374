import type { IssuedTokenView } from '@gatehouse/config/issued-token-view';
import { scopesOfTool } from '@gatehouse/config/model/tool-scopes';
import { credentialExchange, MAX_TOOL_LENGTH } from '@gatehouse/contracts/token-vault/credential-exchange';
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
  { subject, providers, toolScopes, ...destination }: IssuedTokenView,
  contracts: Pick<ContractClient, 'ask'>,
  replyKey: ReplyKey,
  vaultKey: VaultKey,
): OutgoingStrategy => ({
  kind: 'perUser',
  providers,
  // The scopes of such a token are those of the configuration.
  stepsUp: false,
  varietyFor: (tool) => (tool.length > MAX_TOOL_LENGTH ? '' : scopesOfTool(toolScopes, tool).join(' ')),
  async ask(principal, refused, deadlineAtMs, tool) {
    const request = {
      ...whose(principal, subject),
      ...bound,
      replyKey: replyKey.publicKey,
      ...(refused === undefined ? {} : { refused: refused.digest }),
      ...(tool === undefined ? {} : { tool }),
    };
    const issued = async (shown: { readonly sealedSubject?: string }): Promise<AskedCredential> =>
      await replyKey.answerTo(
        async () => await contracts.ask(credentialExchange, { ...request, ...shown }, { deadlineAtMs }),
        destination,
      );
    if (subject.of !== 'caller') return await issued({});
    const { token } = principal;
    if (token === undefined) throw new GatehouseError('not_allowed', 'there is no caller token to exchange');
    return await vaultKey.send(
      { subjectToken: token.reveal() },
      async (sealedSubject) => await issued({ sealedSubject }),
    );
  },
});

/** The gateway's own token is for a client that comes for itself as well. What is a person's needs a person. */
const whose = (principal: Principal, { of }: IssuedTokenView['subject']) =>
  of === 'gateway' && principal.isClient ? { clientId: principal.clientId } : { tsid: sessionOf(principal) };
