import { signingKeysCurrent } from '@gatehouse/contracts/authorization-server/signing-keys-current';
import { MINUTE_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import type { ContractClient } from '@gatehouse/messaging/contract-client';
import { RemoteKeys, type RemoteKeysOptions } from './remote-keys.client.js';

const OPTIONS: RemoteKeysOptions = { paceMs: SECOND_MS, freshForMs: MINUTE_MS };

/** The embedded authorization server's keys, over the bus. */
export const signingKeys = (contracts: Pick<ContractClient, 'ask'>, options = OPTIONS): RemoteKeys =>
  new RemoteKeys(async () => (await contracts.ask(signingKeysCurrent, {})).keys, options);
