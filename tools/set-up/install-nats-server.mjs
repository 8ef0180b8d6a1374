/** Installs nats-server where it is missing, as a program of its own: `gatehouse up` runs it outside of the repository, too. */
import { ensureNatsServer } from './nats-server.mjs';
import { Cannot, say } from './say.mjs';

try {
  await ensureNatsServer();
} catch (error) {
  if (!(error instanceof Cannot)) throw error;
  say(error.message);
  process.exitCode = 1;
}
