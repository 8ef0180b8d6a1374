/** Why, in words for people. What failed for several addresses of a name, or at the end in `fetch`, says it further in only. */
export function reasonOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error);
  const { message, cause, errors, code } = error as Partial<Record<string, unknown>>;
  if (typeof message === 'string' && message !== '' && !/\bfetch failed$/.test(message)) return message;
  const inner = cause ?? (Array.isArray(errors) ? (errors as readonly unknown[])[0] : undefined);
  if (inner !== undefined) return reasonOf(inner);
  return typeof code === 'string' ? code : 'no reason was given';
}
