import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ConfigurationText } from './written-document.js';

/** More files are no configuration of one gateway. */
const MAX_FILES = 500;

/** What tools keep for themselves, and the order of `kustomize`, which is no object. */
const NOT_READ = /(?:^|[\\/])(?:node_modules[\\/]|\.|kustomization\.ya?ml$)/;

/** `-`: standard input. */
const STANDARD_INPUT = '-';

export interface ReadConfigurationOptions {
  /** Of several VirtualMCPServers the one that this gateway is. */
  readonly virtualServer?: string | undefined;
}

/**
 * Reads a file, a folder with everything below it that ends in `.yaml` or `.yml`, or standard input. @returns `undefined` for
 * what does not exist or cannot be read.
 */
export function readConfigurationText(
  path: string,
  { virtualServer }: ReadConfigurationOptions = {},
): ConfigurationText | undefined {
  try {
    if (path === STANDARD_INPUT) {
      const text = readFileSync(0, 'utf8');
      return {
        document: 'standard input',
        text,
        files: [{ document: 'standard input', text }],
        virtualServer,
      };
    }
    if (!statSync(path).isDirectory())
      return { document: path, text: readFileSync(path, 'utf8'), virtualServer };
    const names = readdirSync(path, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.ya?ml$/.test(name) && !NOT_READ.test(name))
      .sort();
    if (names.length === 0 || names.length > MAX_FILES) return undefined;
    const files = names.map((name) => ({
      document: join(path, name),
      text: readFileSync(join(path, name), 'utf8'),
    }));
    // Relative paths start at the folder itself.
    return {
      document: `${path}/.`,
      text: files.map(({ text }) => text).join('\n---\n'),
      files,
      virtualServer,
    };
  } catch {
    return undefined;
  }
}
