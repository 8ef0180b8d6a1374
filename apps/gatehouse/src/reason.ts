/** Why, in words for people. What failed for several addresses of a name, or at the end in `fetch`, says it further in only. */
export function reasonOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error);
  const { message, cause, errors, code } = error as Partial<Record<string, unknown>>;
  if (typeof message === 'string' && message !== '' && !/\bfetch failed$/.test(message)) return message;
  const inner = cause ?? (Array.isArray(errors) ? (errors as readonly unknown[])[0] : undefined);
  if (inner !== undefined) return reasonOf(inner);
  return typeof code === 'string' ? code : 'no reason was given';
}

const PLAIN: Readonly<Record<string, string>> = {
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'it is on a file system that cannot be written',
  EEXIST: 'a file is in its place',
  ENOTDIR: 'a file is in its place',
  EISDIR: 'a folder is in the place of a file',
  ENOENT: 'it is below what cannot be made',
  ENOTEMPTY: 'something is in it',
  ENOSPC: 'the disk is full',
  EDQUOT: 'this user has no more room on the disk',
  EMFILE: 'too many files are open',
};

/** The same for a file or folder, without the names that the system has for it. */
export function plainReason(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return (code === undefined ? undefined : PLAIN[code]) ?? reasonOf(error);
}

/** Whether the system said it: a file, a port, a program. What else is thrown and not thought of is a fault of ours. */
export const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  typeof error === 'object' && error !== null && 'syscall' in error && 'code' in error;
