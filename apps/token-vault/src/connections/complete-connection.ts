import { Injectable } from '@nestjs/common';
import type { connectionComplete } from '@gatehouse/contracts/token-vault/connection-complete';
import { sha256 } from '@gatehouse/kernel/digest';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { Log } from '@gatehouse/observability/log';
import { z } from 'zod';
import { BusKeys } from '../keyring/bus-keys.js';
import { Keyring, legOwner } from '../keyring/keyring.js';
import { legSecrets } from '../providers/authorization-parameters.js';
import { ProviderRegistry } from '../providers/provider-registry.js';
import { ProviderClient } from '../providers/provider.client.js';
import { legRefusalOf } from './leg-refusal.js';
import { LegStores, type KeptAnswer } from './leg-stores.js';

const sealedQuery = z.strictObject({ query: z.string().max(16_384) });

/** Takes the callback of a leg to its end: the answer is kept before it is believed, and staged only when it is. */
@Injectable()
export class CompleteConnection {
  constructor(
    private readonly busKeys: BusKeys,
    private readonly registry: ProviderRegistry,
    private readonly client: ProviderClient,
    private readonly keyring: Keyring,
    private readonly stores: LegStores,
    private readonly log: Log,
  ) {}

  async run(
    request: z.output<typeof connectionComplete.request>,
  ): Promise<z.input<typeof connectionComplete.reply>> {
    const { query } = await this.busKeys.open(sealedQuery, request.sealedQuery);
    const state = onlyState(query);
    const leg = await this.stores.legs.take(sha256(state), request.browserBinding);
    const provider = this.registry.find(leg.provider);
    if (provider === undefined)
      throw new GatehouseError('callback_unknown', 'its provider is configured no more');
    const { attemptId } = leg;
    const key = { attemptId, provider: provider.name };
    const secrets = this.keyring.open(legSecrets, leg.secrets, legOwner(attemptId, provider.name));
    let answered: KeptAnswer | undefined;
    const redemption = await this.client.redeemCode(provider, { query, state, secrets }, async (answer) => {
      answered = await this.stores.keep(key, leg.accountId, answer);
    });
    if (redemption.ok) {
      const { identity, accepted } = redemption;
      if (
        answered?.sealed !== undefined &&
        (await this.stores.staged.accept(key, answered.sealed, identity, accepted))
      )
        return { outcome: 'completed', ...key, identity, scopes: [...accepted.scopes] };
      if (answered !== undefined) await this.stores.giveUp(key, answered, identity.subject);
      throw new GatehouseError('callback_unknown', 'the attempt was discarded, or answered anew, meanwhile');
    }
    const { failure } = redemption;
    const reason = legRefusalOf(failure);
    if (answered !== undefined) await this.stores.giveUp(key, answered);
    this.log.info('leg-refused', { provider: provider.name, reason, kind: failure.kind });
    return { outcome: 'refused', ...key, reason };
  }
}

/** RFC 6749 section 3.1: a parameter must not come twice. */
function onlyState(query: string): string {
  const states = new URLSearchParams(query).getAll('state');
  const [state] = states;
  if (state === undefined || states.length > 1) throw new GatehouseError('callback_unknown', 'not one state');
  return state;
}
