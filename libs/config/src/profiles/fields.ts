import { isFields, type Fields } from './plain-data.js';
import { REQUESTED_SCOPES, type Profile } from './profile.js';

/** The fields of the profile, with what is written laid over them: fields one by one, lists as a whole. */
export function mergedFields(
  profile: Profile,
  parameters: ReadonlyMap<string, string>,
  written: Fields,
): Fields {
  const known = Object.entries(profile.fields).filter(([field]) => !isReplaced(field, profile, written));
  const merged = merge(filled(Object.fromEntries(known), parameters), written);
  const { refreshScope, scopes } = merged;
  if (!Array.isArray(refreshScope) || !Array.isArray(scopes)) return merged;
  return {
    ...merged,
    refreshScope: refreshScope.flatMap((scope: unknown) =>
      scope === REQUESTED_SCOPES ? (scopes as unknown[]) : [scope],
    ),
  };
}

/** Fields that go with another one that is written. */
function isReplaced(field: string, { type }: Profile, written: Fields): boolean {
  const has = (other: string): boolean => Object.hasOwn(written, other);
  switch (field) {
    case 'userInfo':
      return has('identityFromToken');
    case 'identityFromToken':
      return has('userInfo');
    case 'tokenEndpointAuthMethod':
      // Of an OpenID provider there are public clients, too.
      return has('clientKey') || (type === 'oidc' && !has('clientSecret'));
    case 'issuerTemplate':
      return has('issuerUrl');
    default:
      return false;
  }
}

function merge(known: Fields, written: Fields): Fields {
  const result: Record<string, unknown> = { ...known };
  for (const [field, value] of Object.entries(written)) {
    const before = Object.hasOwn(known, field) ? known[field] : undefined;
    result[field] = isFields(before) && isFields(value) ? merge(before, value) : value;
  }
  return result;
}

/** `{name}` in a text stands for the parameter of that name. */
function filled(fields: Fields, parameters: ReadonlyMap<string, string>): Fields {
  return Object.fromEntries(
    Object.entries(fields).map(([field, value]) => [
      field,
      typeof value === 'string'
        ? value.replace(/\{(\w+)\}/g, (whole, name: string) => parameters.get(name) ?? whole)
        : value,
    ]),
  );
}

export interface FilledField {
  /** Such as `userInfo.endpointUrl`. */
  readonly field: string;
  readonly value: string;
}

/** The fields that are not from what is written, for people. */
export function filledFields(merged: Fields, written: Fields, above = ''): readonly FilledField[] {
  return Object.entries(merged).flatMap(([name, value]) => {
    const field = `${above}${name}`;
    const own = Object.hasOwn(written, name) ? written[name] : undefined;
    if (isFields(value)) return filledFields(value, isFields(own) ? own : {}, `${field}.`);
    if (own !== undefined) return [];
    return [{ field, value: Array.isArray(value) ? value.map(String).join(' ') || '(none)' : String(value) }];
  });
}
