import type { SigningAlgorithm } from '@gatehouse/config/model/client-registration';
import type { Secret } from '@gatehouse/kernel/secret';
import type { KeptSigningKeys } from './kept-signing-keys.flow.js';
import { OWN_ALGORITHMS, readSigningKey } from './signing-key.js';
import { writtenKeys, type TimedKey } from './signing-keys.js';

interface LoadedKeys {
  readonly keys: readonly TimedKey[];
  /** The first signs access tokens. */
  readonly algorithms: readonly [SigningAlgorithm, ...SigningAlgorithm[]];
}

/** @param written in the configuration: then they are all that there is. */
export async function loadSigningKeys(
  written: readonly Secret[],
  kept: Pick<KeptSigningKeys, 'look'>,
): Promise<LoadedKeys> {
  if (written.length === 0)
    return { keys: await kept.look(), algorithms: distinct(OWN_ALGORITHMS.map(({ alg }) => alg)) };
  const keys = await Promise.all(
    written.map((pem, index) => readSigningKey(pem, `authServer.signingKeys[${index}]`)),
  );
  return { keys: writtenKeys(keys), algorithms: distinct(keys.map(({ alg }) => alg)) };
}

function distinct(algorithms: readonly SigningAlgorithm[]): LoadedKeys['algorithms'] {
  const [first, ...rest] = new Set(algorithms);
  if (first === undefined) throw new Error('there is no signing key');
  return [first, ...rest];
}
