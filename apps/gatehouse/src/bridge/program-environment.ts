import type { BridgedBackend } from '@gatehouse/config/bridge-part';
import type { Secret } from '@gatehouse/kernel/secret';

/** By this variable the bridge finds what a program started, wherever it went. */
export const PROGRAM_VARIABLE = 'GATEHOUSE_PROGRAM';

/** What a program needs in order to find others, and a place for its own files. */
const PASSED_ON = ['PATH', 'HOME'];

/** The whole environment of a program. What else the bridge has in its own, its secrets among it, is not there. */
export function programEnvironment(
  { env, secretEnv, tokenEnv }: Pick<BridgedBackend, 'env' | 'secretEnv' | 'tokenEnv'>,
  own: Readonly<Record<string, string | undefined>>,
  programId: string,
  token: Secret | undefined,
): Record<string, string> {
  const passedOn = PASSED_ON.flatMap((name) => {
    const value = own[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries([
    ...passedOn,
    ...env,
    ...[...secretEnv].map(([name, value]) => [name, value.reveal()] as const),
    ...(tokenEnv === undefined || token === undefined ? [] : [[tokenEnv, token.reveal()] as const]),
    [PROGRAM_VARIABLE, programId],
  ]);
}
