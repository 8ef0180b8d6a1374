import type { TokenExchangeView } from '@gatehouse/config/parts';
import { credentialExchange } from '@gatehouse/contracts/token-vault/credential-exchange';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { ContractClient } from '@gatehouse/messaging/contract-client';
import type { VaultKey } from '@gatehouse/messaging/vault-key';
import type { ReplyKey } from './reply-key.js';
import { sessionOf } from './session-of.js';
import type { AskedCredential, OutgoingStrategy } from './strategy.js';

/** A token exchanged for one that the vault holds, or for the caller's own when the configuration names no provider (RFC 8693). */
export const tokenExchange = (
  backend: string,
  { subjectProviderName, ...destination }: TokenExchangeView,
  contracts: Pick<ContractClient, 'ask'>,
  replyKey: ReplyKey,
  vaultKey: VaultKey,
): OutgoingStrategy => ({
  kind: 'perUser',
  provider: subjectProviderName,
  // The scopes of an exchange are those of the configuration.
  stepsUp: false,
  async ask(principal, refused, deadlineAtMs) {
    const request = {
      tsid: sessionOf(principal),
      backend,
      replyKey: replyKey.publicKey,
      ...(refused === undefined ? {} : { refused: refused.digest }),
    };
    const exchange = async (subject: { readonly sealedSubject?: string }): Promise<AskedCredential> =>
      await replyKey.answerTo(
        async () => await contracts.ask(credentialExchange, { ...request, ...subject }, { deadlineAtMs }),
        destination,
      );
    if (subjectProviderName !== undefined) return await exchange({});
    const { token } = principal;
    if (token === undefined) throw new GatehouseError('not_allowed', 'there is no caller token to exchange');
    return await vaultKey.send(
      { subjectToken: token.reveal() },
      async (sealedSubject) => await exchange({ sealedSubject }),
    );
  },
});
