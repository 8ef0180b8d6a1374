import type { UpstreamInject } from '@gatehouse/config/model/outgoing-auth';
import { credentialInject } from '@gatehouse/contracts/token-vault/credential-inject';
import type { ContractClient } from '@gatehouse/messaging/contract-client';
import type { BoundBackend } from './binding.flow.js';
import type { ReplyKey } from './reply-key.js';
import { sessionOf } from './session-of.js';
import type { OutgoingStrategy } from './strategy.js';

/** The provider's own access token of the caller. */
export const upstreamInject = (
  bound: BoundBackend,
  { providerName, ...destination }: UpstreamInject,
  contracts: Pick<ContractClient, 'ask'>,
  replyKey: ReplyKey,
): OutgoingStrategy => ({
  kind: 'perUser',
  providers: [providerName],
  stepsUp: true,
  hearsChallenges: true,
  async ask(principal, refused, deadlineAtMs) {
    const request = {
      tsid: sessionOf(principal),
      ...bound,
      replyKey: replyKey.publicKey,
      ...(refused === undefined ? {} : { refused: refused.digest }),
      ...(refused?.lackingScope === undefined ? {} : { lackingScope: refused.lackingScope }),
      ...(refused?.challenge === undefined ? {} : { challenge: refused.challenge }),
    };
    return await replyKey.answerTo(
      async () => await contracts.ask(credentialInject, request, { deadlineAtMs }),
      destination,
    );
  },
});
