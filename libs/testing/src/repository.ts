import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../../..');

/** A path inside the checkout. */
export const inRepository = (...parts: readonly string[]): string => join(ROOT, ...parts);
