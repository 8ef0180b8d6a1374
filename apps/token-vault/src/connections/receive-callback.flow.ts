import { Injectable } from '@nestjs/common';
import type { connectionComplete } from '@gatehouse/contracts/token-vault/connection-complete';
import { sha256 } from '@gatehouse/kernel/digest';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { AccountId, AttemptId } from '@gatehouse/kernel/ids';
import { z } from 'zod';
import { BusKeys } from '../keyring/bus-keys.flow.js';
import { CallbackSender } from '../providers/callback-sender.flow.js';
import type { Callback } from '../providers/redemption.js';
import { ProviderRegistry, type Provider } from '../providers/provider-registry.js';
import { PendingLegStore } from './pending-leg.store.js';

const sealedQuery = z.strictObject({ query: z.string().max(16_384) });

/** A leg that is used up, and the callback that used it up. */
export interface AnsweredLeg {
  readonly attemptId: AttemptId;
  readonly accountId: AccountId | null;
  readonly provider: Provider;
  /** Absent: the leg's secrets do not open, so that nothing can be redeemed. */
  readonly callback: Callback | undefined;
}

/** Finds the leg of a callback. The leg is used up only when the callback passes all checks. */
@Injectable()
export class ReceiveCallback {
  constructor(
    private readonly busKeys: BusKeys,
    private readonly legs: PendingLegStore,
    private readonly registry: ProviderRegistry,
    private readonly sender: CallbackSender,
  ) {}

  /** @throws {GatehouseError} `callback_unknown`, `callback_expired`, `callback_wrong_browser`, `callback_wrong_provider` */
  async receive(request: z.output<typeof connectionComplete.request>): Promise<AnsweredLeg> {
    const { query } = await this.busKeys.open(sealedQuery, request.sealedQuery);
    const state = onlyState(query);
    const leg = await this.legs.find(sha256(state), request.browserBinding);
    const provider = this.registry.find(leg.provider);
    if (provider === undefined)
      throw new GatehouseError('callback_unknown', 'the provider of the leg is not configured any more');
    const { attemptId, accountId, secrets } = leg;
    if (secrets === undefined) return { attemptId, accountId, provider, callback: undefined };
    const arrival = { query, callback: request.callback, attemptId };
    const sender = this.sender.check(provider, secrets, arrival);
    await this.legs.consume(sha256(state));
    return { attemptId, accountId, provider, callback: { query, state, secrets, ...sender } };
  }
}

/** RFC 6749 section 3.1: a parameter must not come twice. */
function onlyState(query: string): string {
  const states = new URLSearchParams(query).getAll('state');
  const [state] = states;
  if (state === undefined || states.length > 1)
    throw new GatehouseError('callback_unknown', 'the callback does not have exactly one state');
  return state;
}
