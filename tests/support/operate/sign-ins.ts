import type { World } from '@gatehouse/testing/world';
import { signedIn, type SignedIn } from '../callers.js';

const MAX_TRIES = 5;

/** One after the other. A busy machine may be too late for a time limit; then the person tries again. */
export async function everybodySignsIn(
  world: World,
  logins: readonly string[],
): Promise<readonly SignedIn[]> {
  const people: SignedIn[] = [];
  for (const login of logins) people.push(await atLast(world, login));
  return people;
}

async function atLast(world: World, login: string): Promise<SignedIn> {
  for (let tries = 1; ; tries += 1)
    try {
      return await signedIn(world, login);
    } catch (error) {
      if (tries === MAX_TRIES) throw error;
    }
}
