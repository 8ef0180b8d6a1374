import type { TokenExchangeView } from '@gatehouse/config/parts';
import { credentialExchange } from '@gatehouse/contracts/token-vault/credential-exchange';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { ContractClient } from '@gatehouse/messaging/contract-client';
import type { Principal } from '../incoming-auth/principal.js';
import type { ReplyKey } from './reply-key.js';
import { sessionOf } from './session-of.js';
import type { AskedCredential, OutgoingStrategy } from './strategy.js';
import type { VaultKey } from './vault-key.js';

/** A token exchanged for one that the vault holds, or for the caller's own when the configuration names no provider (RFC 8693). */
export const tokenExchange = (
  backend: string,
  { subjectProviderName }: TokenExchangeView,
  contracts: Pick<ContractClient, 'ask'>,
  replyKey: ReplyKey,
  vaultKey: VaultKey,
): OutgoingStrategy => ({
  kind: 'perUser',
  provider: subjectProviderName,
  async ask(principal, refused, deadlineAtMs) {
    const request = {
      tsid: sessionOf(principal),
      backend,
      replyKey: replyKey.publicKey,
      ...(refused === undefined ? {} : { refused }),
    };
    const exchange = async (subject: { readonly sealedSubject?: string }): Promise<AskedCredential> =>
      await replyKey.answerTo(
        async () => await contracts.ask(credentialExchange, { ...request, ...subject }, { deadlineAtMs }),
      );
    if (subjectProviderName !== undefined) return await exchange({});
    try {
      return await exchange({ sealedSubject: await sealedSubject(principal, vaultKey) });
    } catch (error) {
      // The vault cannot open it: its key was changed before its time. Nothing was exchanged.
      if (!(error instanceof GatehouseError) || error.code !== 'request_invalid') throw error;
      vaultKey.forget();
      return await exchange({ sealedSubject: await sealedSubject(principal, vaultKey) });
    }
  },
});

async function sealedSubject({ token }: Principal, vaultKey: VaultKey): Promise<string> {
  if (token === undefined) throw new GatehouseError('not_allowed', 'there is no caller token to exchange');
  return await vaultKey.seal({ subjectToken: token.reveal() });
}
