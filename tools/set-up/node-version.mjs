import { Cannot } from './say.mjs';

/** The oldest Node that the set-up itself runs on; the services run on the Node that npm installs with the project. */
const OLDEST = [20, 11];

export function checkNodeVersion(version = process.versions.node) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return;
  throw new Cannot(
    `Gatehouse needs Node.js ${OLDEST.join('.')} or newer to set itself up; this is ${version}.\n` +
      'Install a current Node.js (the package "nodejs" of the system, or a version manager), then run the command again.',
  );
}
