/** Names that programs write for one type (RFC 4514, section 3), by its object identifier. */
const SHORT_NAMES: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.5': 'SERIALNUMBER',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'STREET',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '0.9.2342.19200300.100.1.1': 'UID',
  '0.9.2342.19200300.100.1.25': 'DC',
  '1.2.840.113549.1.9.1': 'EMAILADDRESS',
};

const TYPE = /^([A-Za-z][A-Za-z0-9-]*|\d+(\.\d+)+)$/;

/**
 * A distinguished name as texts that can be compared, one for each relative name, in the order of RFC 4514, which begins with the
 * last. Values are compared exactly, capitals included; types and escapes in whatever way they are written.
 * @returns `undefined` for what is none, or has a value as hex (`#04…`) or in quotes.
 */
export function distinguishedName(text: string): readonly string[] | undefined {
  const names = split(text, ',').map(relativeName);
  return names.some((name) => name === undefined) ? undefined : names.map(String);
}

/** One relative name: an attribute, or several that belong together. */
export function relativeName(text: string): string | undefined {
  const attributes = split(text, '+').map(attribute);
  if (attributes.some((one) => one === undefined)) return undefined;
  return JSON.stringify(attributes.map((one) => JSON.stringify(one)).sort());
}

function attribute(text: string): readonly [type: string, value: string] | undefined {
  const at = text.indexOf('=');
  const type = text.slice(0, at).trim();
  // Blanks around a value are no part of it, unless they are escaped.
  const written = text.slice(at + 1).replace(/^ +|(?<!\\) +$/g, '');
  if (at < 1 || !TYPE.test(type) || written === '' || /^#|(?<!\\)(\\\\)*"/.test(written)) return undefined;
  return [SHORT_NAMES[type] ?? type.toUpperCase(), unescaped(written)];
}

const unescaped = (written: string): string =>
  written.replace(/((?:\\[0-9A-Fa-f]{2})+)|\\(.)/gs, (_all, hex: string | undefined, one: string) =>
    hex === undefined ? one : Buffer.from(hex.replaceAll('\\', ''), 'hex').toString('utf8'),
  );

/** At a character that is not escaped. */
function split(text: string, separator: string): readonly string[] {
  const parts: string[] = [];
  let from = 0;
  for (let at = 0; at < text.length; at += 1)
    if (text[at] === '\\') at += 1;
    else if (text[at] === separator) {
      parts.push(text.slice(from, at));
      from = at + 1;
    }
  return [...parts, text.slice(from)];
}
