/** What foreign code is in an image, beside its base: a bill of materials (CycloneDX 1.6, ECMA-424), and the licences that go along. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { manifestOf, REPOSITORY } from './program-files.mjs';

const LICENCE_FILE = /^(licen[cs]e|copying|notice)/i;

/**
 * @param {(string | undefined)[]} paths folders of packages below node_modules; `undefined` is our own
 * @returns {{ path: string, name: string, version: string, license: string | undefined, integrity: string | undefined }[]}
 */
export function packagesOf(paths) {
  const lock = JSON.parse(readFileSync(join(REPOSITORY, 'package-lock.json'), 'utf8')).packages;
  return [...new Set(paths)]
    .filter((path) => path !== undefined)
    .sort()
    .map((path) => {
      const { name, version, license } = manifestOf(path);
      return { path, name, version, license, integrity: lock[path]?.integrity };
    });
}

const purlOf = (name, version) => `pkg:npm/${name.replace(/^@/, '%40')}@${version}`;

/** An expression of SPDX also where it is one identifier. */
const licensesOf = (license) => (typeof license === 'string' ? [{ expression: license }] : undefined);

/** In the lock file it is `sha512-` and base64 (Subresource Integrity); here it is hexadecimal. */
function distributionOf({ name, version, integrity }) {
  const [algorithm, value] = integrity?.split('-') ?? [];
  if (algorithm !== 'sha512') return undefined;
  const content = Buffer.from(value, 'base64').toString('hex');
  // A package by name and version: which registry it came from is not written down anywhere.
  return [{ type: 'distribution', url: purlOf(name, version), hashes: [{ alg: 'SHA-512', content }] }];
}

/** Without a time or a random number: the same program has the same bill. */
export function billOfMaterials(service, version, packages) {
  const components = packages.map((one) => ({
    type: 'library',
    'bom-ref': `${purlOf(one.name, one.version)}#${one.path}`,
    name: one.name,
    version: one.version,
    purl: purlOf(one.name, one.version),
    licenses: licensesOf(one.license),
    externalReferences: distributionOf(one),
  }));
  const component = {
    type: 'application',
    'bom-ref': `gatehouse/${service}@${version}`,
    name: `gatehouse/${service}`,
    version,
    licenses: licensesOf(manifestOf('.').license),
  };
  const bill = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component },
    components,
  };
  return `${JSON.stringify(bill, undefined, 1)}\n`;
}

/** The texts as the packages bring them. */
export function licences(packages) {
  const texts = packages.map(({ path, name, version, license }) => {
    const folder = join(REPOSITORY, path);
    const files = readdirSync(folder).filter(
      (file) => LICENCE_FILE.test(file) && !/\.[cm]?[jt]s$/.test(file),
    );
    const text = files.sort().map((file) => readFileSync(join(folder, file), 'utf8').trim());
    return [`${name} ${version} (${license ?? 'see below'})`, '', ...text].join('\n');
  });
  return `${texts.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}
