import type { SigningAlgorithm } from '@gatehouse/config/model/client-registration';
import type { HeldKey } from '@gatehouse/config/model/held-keys';
import { Secret } from '@gatehouse/kernel/secret';
import type { HeldKeys } from '../held-keys/held-keys.client.js';
import { heldSigningKey } from './held-signing-key.js';
import type { KeptSigningKeys } from './kept-signing-keys.flow.js';
import { OWN_ALGORITHMS, readSigningKey } from './signing-key.js';
import { writtenKeys, type TimedKey } from './signing-keys.js';

interface LoadedKeys {
  readonly keys: readonly TimedKey[];
  /** The first signs access tokens. */
  readonly algorithms: readonly [SigningAlgorithm, ...SigningAlgorithm[]];
}

/** A key of the configuration: itself, or where it is held. */
export type WrittenKey = Secret | HeldKey;

/** @param written in the configuration: then they are all that there is. */
export async function loadSigningKeys(
  written: readonly WrittenKey[],
  kept: Pick<KeptSigningKeys, 'look'>,
  held: Pick<HeldKeys, 'key'>,
): Promise<LoadedKeys> {
  if (written.length === 0)
    return { keys: await kept.look(), algorithms: distinct(OWN_ALGORITHMS.map(({ alg }) => alg)) };
  const keys = await Promise.all(
    written.map(async (one, index) => {
      const place = `authServer.signingKeys[${index}]`;
      return one instanceof Secret
        ? await readSigningKey(one, place)
        : await heldSigningKey(held.key(one), place);
    }),
  );
  return { keys: writtenKeys(keys), algorithms: distinct(keys.map(({ alg }) => alg)) };
}

function distinct(algorithms: readonly SigningAlgorithm[]): LoadedKeys['algorithms'] {
  const [first, ...rest] = new Set(algorithms);
  if (first === undefined) throw new Error('there is no signing key');
  return [first, ...rest];
}
