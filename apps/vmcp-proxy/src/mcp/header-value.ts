const SENTINEL = /^=\?base64\?([A-Za-z0-9+/]*={0,2})\?=$/;
const PLAIN = /^[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?$/;

/** Writes a text as a header value: as it is, or in the base64 form of MCP 2026-07-28 where a header could not hold it. */
export function encodeHeaderValue(value: string): string {
  const readable = PLAIN.test(value) && !(value.startsWith('=?base64?') && value.endsWith('?='));
  return readable ? value : `=?base64?${Buffer.from(value).toString('base64')}?=`;
}

/** Reads such a header value; `undefined` when its base64 is not canonical or not UTF-8. */
export function decodeHeaderValue(value: string): string | undefined {
  const trimmed = value.trim();
  if (!trimmed.startsWith('=?base64?') || !trimmed.endsWith('?=')) return trimmed;
  const encoded = SENTINEL.exec(trimmed)?.[1];
  if (encoded === undefined) return undefined;
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.toString('base64') !== encoded) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
