import type { SigningAlgorithm } from '@gatehouse/config/model/client-registration';
import type { HeldKey } from '@gatehouse/config/model/held-keys';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { Secret } from '@gatehouse/kernel/secret';
import type { HeldKeys } from '../held-keys/held-keys.client.js';
import { heldSigningKey } from './held-signing-key.js';
import type { KeptSigningKeys } from './kept-signing-keys.flow.js';
import { OWN_ALGORITHMS, readSigningKey, type SigningKey } from './signing-key.js';
import { writtenKeys, type TimedKey } from './signing-keys.js';

interface LoadedKeys {
  readonly keys: readonly TimedKey[];
  /** The first signs access tokens. */
  readonly algorithms: readonly [SigningAlgorithm, ...SigningAlgorithm[]];
}

/** A key of the configuration: itself, or where it is held. */
export type WrittenKey = Secret | HeldKey;

/**
 * @param written in the configuration: then they are all that there is.
 * @param known held keys that are loaded already, by their names: they go on while their holder cannot be asked.
 */
export async function loadSigningKeys(
  written: readonly WrittenKey[],
  kept: Pick<KeptSigningKeys, 'look'>,
  held: Pick<HeldKeys, 'key'>,
  known: (name: string) => SigningKey | undefined = () => undefined,
): Promise<LoadedKeys> {
  if (written.length === 0)
    return { keys: await kept.look(), algorithms: distinct(OWN_ALGORITHMS.map(({ alg }) => alg)) };
  const keys = await Promise.all(
    written.map(async (one, index) => {
      const place = `authServer.signingKeys[${index}]`;
      if (one instanceof Secret) return await readSigningKey(one, place);
      return await heldSigningKey(held.key(one), place).catch((error: unknown) => {
        const before = isUnavailable(error) ? known(one.name) : undefined;
        if (before === undefined) throw error;
        return before;
      });
    }),
  );
  return { keys: writtenKeys(keys), algorithms: distinct(keys.map(({ alg }) => alg)) };
}

const isUnavailable = (error: unknown): boolean =>
  error instanceof GatehouseError && error.code === 'unavailable';

function distinct(algorithms: readonly SigningAlgorithm[]): LoadedKeys['algorithms'] {
  const [first, ...rest] = new Set(algorithms);
  if (first === undefined) throw new Error('there is no signing key');
  return [first, ...rest];
}
