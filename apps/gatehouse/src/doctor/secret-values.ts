import { ConfiguredSecret } from '@gatehouse/config/model/configured-secret';
import { Secret } from '@gatehouse/kernel/secret';

/** A shorter one is too likely to be a word of a text. */
const MIN_LENGTH = 6;

/** Every secret in these, in the spellings in which somebody may quote it. */
export function secretValuesIn(...holders: readonly unknown[]): readonly string[] {
  const values = new Set<string>();
  const seen = new Set<unknown>();
  const waiting: unknown[] = [...holders];
  while (waiting.length > 0) {
    const one = waiting.pop();
    if (typeof one !== 'object' || one === null || seen.has(one)) continue;
    seen.add(one);
    if (one instanceof ConfiguredSecret) waiting.push(one.resolved ? one.secret : undefined);
    else if (one instanceof Secret) for (const value of spellingsOf(one.reveal())) values.add(value);
    else waiting.push(...(one instanceof Map ? one.values() : Object.values(one)));
  }
  // One that another one is a part of comes first.
  return [...values].filter(({ length }) => length >= MIN_LENGTH).sort((a, b) => b.length - a.length);
}

function spellingsOf(value: string): readonly string[] {
  const { password = '' } = URL.parse(value) ?? {};
  const [, afterUser = ''] = /^[\w.-]+:(.*)$/s.exec(value) ?? [];
  return [value, password, afterUser].flatMap((one) => [
    one,
    encodeURIComponent(one),
    Buffer.from(one).toString('base64'),
  ]);
}
