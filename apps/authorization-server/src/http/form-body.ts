import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';

/** A posted form of one of our own pages. A field that comes twice is refused rather than guessed. */
export function readForm(body: unknown, contentType: string | undefined): ReadonlyMap<string, string> {
  if (!Buffer.isBuffer(body) || !/^application\/x-www-form-urlencoded(;|$)/i.test(contentType ?? ''))
    throw new GatehouseError('request_invalid', 'not a posted form');
  const fields = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(body.toString('utf8'))) {
    if (fields.has(name)) throw new GatehouseError('request_invalid', 'a form field comes twice');
    fields.set(name, value);
  }
  return fields;
}
