import { startWorld, type World } from '@gatehouse/testing/world';
import { LONG_LIVED, withBenchBackends } from '../bench-world.js';
import { CredentialAsker } from './credential-asker.js';
import { withPeopleApart } from './people.js';

/** A gateway, and somebody who asks its vault for credentials. Both end with the work. */
export async function inAskedWorld<T>(
  options: Pick<Parameters<typeof startWorld>[0] & object, 'natsServers' | 'postgres' | 'replicas'>,
  work: (world: World, asker: CredentialAsker) => Promise<T>,
): Promise<T> {
  const world = await startWorld({
    ...options,
    demonstrationFlags: LONG_LIVED,
    configure: (yaml) => withPeopleApart(withBenchBackends(yaml)),
    nodeFlags: [],
  });
  try {
    const asker = await CredentialAsker.at(world);
    try {
      return await work(world, asker);
    } finally {
      await asker.close();
    }
  } finally {
    await world.close();
  }
}
