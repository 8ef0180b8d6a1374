import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { inRepository } from '@gatehouse/testing/repository';

/** Where `tools/set-up/chart-tools.mjs` puts what the system does not have. */
const FOLDER = inRepository('.gatehouse/chart-tools');

/**
 * @returns the path of helm or promtool; `undefined` when it is not on this machine. Another helm than the pinned one renders other things:
 * its version decides for which Kubernetes.
 */
export function chartTool(name: 'helm' | 'promtool'): string | undefined {
  const elsewhere = name === 'helm' ? [] : (process.env['PATH'] ?? '').split(delimiter);
  return [FOLDER, ...elsewhere]
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** Folders with the strict schemas of Kubernetes' own objects, by version; none where they could not be had. */
export const schemaFolders = (): readonly (readonly [version: string, folder: string])[] =>
  ['v1.27.0', 'v1.37.0']
    .map((version) => [version, join(FOLDER, 'schemas', `${version}-local-strict`)] as const)
    .filter(([, folder]) => existsSync(folder));
