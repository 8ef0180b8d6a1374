import type { GatehouseModel } from '@gatehouse/config/model/gatehouse-model';
import { openedKeyHolders } from '@gatehouse/config/opened-key-holders';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { HeldKeys } from './held-keys.client.js';

/**
 * For a service that is about to start, asked again and again: which keys are published has to be known by then. The holders are the
 * same each time, so that a PIN that was refused is not shown again.
 * @returns what is wrong; `undefined` when every key can be read, or none is held elsewhere.
 */
export function heldKeysAnswer(model: GatehouseModel): () => Promise<string | undefined> {
  let held: HeldKeys | undefined;
  return async () => {
    if (model.authServer === undefined) return undefined;
    held ??= new HeldKeys(openedKeyHolders(model.authServer.keyHolders, model));
    for (const one of model.authServer.signingKeys) {
      if (!('holder' in one)) continue;
      try {
        await held.key(one).publicKey();
      } catch (error) {
        return `The signing key ${one.name} cannot be read: ${GatehouseError.from(error).message}.`;
      }
    }
    held.close();
    return undefined;
  };
}
