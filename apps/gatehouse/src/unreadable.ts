import { readFileSync, statSync } from 'node:fs';
import { Cannot } from './cannot.js';

/** How much of a file is looked at: one that is no text shows it early. */
const LOOKED_AT_BYTES = 1024 * 1024;

/** Says what is wrong with a file before anything else is said about it. A folder is somebody else's to refuse. */
export function refuseUnreadable(file: string): void {
  const bytes = bytesOf(file);
  const what = bytes === undefined ? undefined : whyNoText(bytes.subarray(0, LOOKED_AT_BYTES));
  if (what !== undefined)
    throw new Cannot(
      `The configuration ${file} is no text: ${what}. Name a gatehouse.yaml in UTF-8, or write a new one: gatehouse init <folder>`,
      'noInput',
    );
}

function bytesOf(file: string): Buffer | undefined {
  try {
    // A pipe can be read once only.
    return statSync(file).isFile() ? readFileSync(file) : undefined;
  } catch (error) {
    throw new Cannot(
      `The configuration ${file} ${missing((error as NodeJS.ErrnoException).code)}`,
      'noInput',
    );
  }
}

function missing(code: string | undefined): string {
  if (code === 'EACCES' || code === 'EPERM')
    return 'does not exist or cannot be read: this user may not. Allow it: chmod u+r <file>, or run the command as the file’s owner.';
  return 'does not exist or cannot be read. Write one: gatehouse init <folder>';
}

function whyNoText(bytes: Buffer): string | undefined {
  const nul = bytes.indexOf(0);
  if (nul !== -1) return `byte ${nul + 1} is NUL`;
  try {
    // What ends in the middle of a character was cut here.
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return undefined;
  } catch {
    const line = firstLineThatIsNone(bytes);
    return `line ${line} is not UTF-8`;
  }
}

function firstLineThatIsNone(bytes: Buffer): number {
  const lines = bytes.toString('latin1').split('\n');
  const isText = (line: string): boolean => {
    const raw = Buffer.from(line, 'latin1');
    return Buffer.from(raw.toString('utf8'), 'utf8').equals(raw);
  };
  return lines.findIndex((line) => !isText(line)) + 1;
}
