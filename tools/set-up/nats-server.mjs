import { installWithApt } from './apt.mjs';
import { find } from './programs.mjs';
import { mustRun } from './run.mjs';
import { Cannot, step } from './say.mjs';

const BY_HAND =
  'Gatehouse needs the program nats-server. Install the package "nats-server" with the package manager of this system ' +
  '(Debian, Ubuntu: apt-get install nats-server; macOS: brew install nats-server; or put the program on PATH), ' +
  'then run the command again.';

/** Makes sure that nats-server is on this machine, through the system's own package manager where that can be done unasked. */
export async function ensureNatsServer() {
  if (find('nats-server') !== undefined) return;
  if (find('apt-get') !== undefined)
    await step('Installing nats-server (apt-get)', () => installWithApt('nats-server', BY_HAND));
  else if (find('brew') !== undefined)
    await step('Installing nats-server (brew)', () => mustRun('brew', ['install', 'nats-server']));
  if (find('nats-server') === undefined) throw new Cannot(BY_HAND);
}
