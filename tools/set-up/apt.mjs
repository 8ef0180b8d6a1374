import { find } from './programs.mjs';
import { run } from './run.mjs';
import { Cannot } from './say.mjs';

/**
 * Installs a package of Debian or Ubuntu without asking anybody.
 * @param {string} name
 * @param {string} byHand what to do where that cannot be done
 * @throws {Cannot}
 */
export async function installWithApt(name, byHand) {
  const prefix = await asRoot(byHand);
  const apt = (...args) => {
    const [command, ...rest] = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-q', ...args];
    return run(command, rest);
  };
  const install = () => apt('install', '-y', '--no-install-recommends', name);
  let result = await install();
  if (result.code !== 0) {
    // A fresh machine or container does not know its packages yet.
    const update = await apt('update');
    result = update.code === 0 ? await install() : update;
  }
  if (result.code !== 0)
    throw new Cannot(
      `apt-get could not install ${name}:\n${result.output.split('\n').slice(-12).join('\n')}\n\n${byHand}`,
    );
}

/** What to put before a command so that it runs as root without asking anybody. */
async function asRoot(byHand) {
  if (process.getuid?.() === 0) return [];
  if (find('sudo') !== undefined && (await run('sudo', ['-n', 'true'])).code === 0) return ['sudo', '-n'];
  throw new Cannot(
    `${byHand}\n(It was not tried here: this user may not install packages without a password.)`,
  );
}
