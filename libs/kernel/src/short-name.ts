import { createHash } from 'node:crypto';

const DIGITS = 10;

/**
 * The name itself, or its short form (docs/spec-divergences.md): as much of its beginning as fits, `_`, and ten hexadecimal
 * digits of its SHA-256. It follows from the name alone, so that every replica lists the same, whatever else it lists.
 */
export function shortName(name: string, maxLength: number): string {
  if (name.length <= maxLength) return name;
  const digits = createHash('sha256').update(name).digest('hex').slice(0, DIGITS);
  let head = '';
  for (const character of name) {
    if (head.length + character.length + 1 + DIGITS > maxLength) break;
    head += character;
  }
  return `${withoutSeparators(head)}_${digits}`;
}

/** Letters, digits, `_`, `-` and `.` (MCP 2025-11-25, tools: names). Models' interfaces know no others. */
const PLAIN = /^[A-Za-z0-9._-]+$/;

/**
 * The name itself, or what a tool is listed as whose server calls it otherwise: `elicit (form)` is `elicit_form_`, and ten hexadecimal
 * digits of its SHA-256. It follows from the name alone, as a short form does.
 */
export function plainName(name: string): string {
  if (PLAIN.test(name)) return name;
  const digits = createHash('sha256').update(name).digest('hex').slice(0, DIGITS);
  const readable = name.replaceAll(/[^A-Za-z0-9.-]+/g, '_').replaceAll(/^_|_$/g, '');
  return readable === '' ? `tool_${digits}` : `${readable}_${digits}`;
}

/** Whether a name can be that of something under the prefix, whole or in its short form. */
export function mayBeUnder(prefix: string, name: string): boolean {
  if (name.startsWith(prefix)) return true;
  const head = /^(.+)_[0-9a-f]{10}$/su.exec(name)?.[1];
  // Of a prefix that is longer than what stays of a name.
  return head !== undefined && prefix.startsWith(head);
}

/** At the end of a head they would be followed by another one. */
function withoutSeparators(head: string): string {
  let length = head.length;
  while (length > 1 && ' _.-/'.includes(head.charAt(length - 1))) length -= 1;
  return head.slice(0, length);
}
