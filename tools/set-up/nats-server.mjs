import { find } from './programs.mjs';
import { mustRun, run } from './run.mjs';
import { Cannot, step } from './say.mjs';

const BY_HAND =
  'Gatehouse needs the program nats-server. Install the package "nats-server" with the package manager of this system ' +
  '(Debian, Ubuntu: apt-get install nats-server; macOS: brew install nats-server; or put the program on PATH), ' +
  'then run the command again.';

/** Makes sure that nats-server is on this machine, through the system's own package manager where that can be done unasked. */
export async function ensureNatsServer() {
  if (find('nats-server') !== undefined) return;
  if (find('apt-get') !== undefined) await step('Installing nats-server (apt-get)', installWithApt);
  else if (find('brew') !== undefined)
    await step('Installing nats-server (brew)', () => mustRun('brew', ['install', 'nats-server']));
  if (find('nats-server') === undefined) throw new Cannot(BY_HAND);
}

async function installWithApt() {
  const prefix = await asRoot();
  const apt = (...args) => {
    const [command, ...rest] = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-q', ...args];
    return run(command, rest);
  };
  const install = () => apt('install', '-y', '--no-install-recommends', 'nats-server');
  let result = await install();
  if (result.code !== 0) {
    // A fresh machine or container does not know its packages yet.
    const update = await apt('update');
    result = update.code === 0 ? await install() : update;
  }
  if (result.code !== 0)
    throw new Cannot(
      `apt-get could not install nats-server:\n${result.output.split('\n').slice(-12).join('\n')}\n\n${BY_HAND}`,
    );
}

/** What to put before a command so that it runs as root without asking anybody. */
async function asRoot() {
  if (process.getuid?.() === 0) return [];
  if (find('sudo') !== undefined && (await run('sudo', ['-n', 'true'])).code === 0) return ['sudo', '-n'];
  throw new Cannot(
    `${BY_HAND}\n(It was not tried here: this user may not install packages without a password.)`,
  );
}
