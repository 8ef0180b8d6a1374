import { ensureDependencies, pinnedNode } from './dependencies.mjs';
import { ensureNatsServer } from './nats-server.mjs';
import { checkNodeVersion } from './node-version.mjs';
import { ensurePrismaClients } from './prisma.mjs';

/** Everything that a fresh checkout needs before it can be built; each part does nothing when it is there already. */
export async function setUp() {
  checkNodeVersion();
  await ensureDependencies();
  const node = await pinnedNode();
  await ensurePrismaClients(node);
  await ensureNatsServer();
  return node;
}
