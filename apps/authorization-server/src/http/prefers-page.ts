const PAGES = ['text/html', 'application/xhtml+xml'];
const DOCUMENTS = ['application/json', 'application/problem+json'];

/**
 * Whether a person's browser asks, by `Accept` (RFC 9110, section 12.5.1): it names HTML, and no JSON that it would rather have. A
 * program that takes anything (`*` for both parts) gets what programs read.
 */
export function prefersPage(accept: string | undefined): boolean {
  const weights = new Map((accept ?? '').toLowerCase().split(',').map(weighted));
  const most = (types: readonly string[]) => Math.max(...types.map((type) => weights.get(type) ?? 0));
  return most(PAGES) > 0 && most(PAGES) >= most(DOCUMENTS);
}

function weighted(range: string): readonly [type: string, weight: number] {
  const [type = '', ...parameters] = range.split(';').map((part) => part.trim());
  const written = parameters.find((parameter) => parameter.startsWith('q='));
  const weight = written === undefined ? 1 : Number(written.slice(2));
  // What is no number says that it is not wanted.
  return [type, weight >= 0 && weight <= 1 ? weight : 0];
}
