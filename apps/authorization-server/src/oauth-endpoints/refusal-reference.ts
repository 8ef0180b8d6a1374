import { newReference } from '@gatehouse/kernel/failure-reference';

const given = new WeakMap<object, string>();

/** One number for one error of the library, whoever comes first: the line of the log, or the page. */
export function refusalReference(error: unknown): string {
  if (typeof error !== 'object' || error === null) return newReference();
  const known = given.get(error) ?? newReference();
  given.set(error, known);
  return known;
}
