import { readFileSync } from 'node:fs';
import { Cannot } from '../cannot.js';
import type { Environment } from '../configuration.js';
import { plainReason } from '../reason.js';

export const PASSPHRASE_VARIABLE = 'GATEHOUSE_BACKUP_PASSPHRASE';
const LEAST_LENGTH = 16;

/** Of a file or of the environment: what is typed is seen by others. `undefined`: there is none. */
export function passphraseOf(file: string | undefined, environment: Environment): string | undefined {
  const found = file === undefined ? environment[PASSPHRASE_VARIABLE]?.trim() : contentOf(file);
  if (found === undefined || (file === undefined && found === '')) return undefined;
  if (found.length < LEAST_LENGTH)
    throw new Cannot(
      `The passphrase has fewer than ${LEAST_LENGTH} characters. Make one: openssl rand -base64 32 > passphrase`,
      'usage',
    );
  return found;
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new Cannot(
      `The passphrase file ${file} cannot be read: ${plainReason(error)}. Name another one: --passphrase-file <file>`,
      'noInput',
    );
  }
}
