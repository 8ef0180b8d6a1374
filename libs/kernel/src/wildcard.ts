/** Whether the text is these parts in their order, with anything between them. Linear in its input. */
export function hasPartsInOrder(parts: readonly string[], text: string): boolean {
  const [first = '', ...rest] = parts;
  const last = rest.pop();
  if (last === undefined) return text === first;
  const end = text.length - last.length;
  if (!text.startsWith(first) || !text.endsWith(last) || end < first.length) return false;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found === -1 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}

/** `*` stands for any run of characters; everything else for itself. */
export const matchesWildcard = (pattern: string, text: string): boolean =>
  hasPartsInOrder(pattern.split('*'), text);
