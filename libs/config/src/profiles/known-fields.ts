import { nearestName } from '../findings/nearest-name.js';
import { oauth2Config } from '../yaml/oauth2-fields.js';
import { oidcConfig } from '../yaml/oidc-fields.js';
import type { Profile } from './profile.js';

/** What stays beside `provider`; everything else belongs to the block that it stands for. */
const OWN: readonly string[] = [
  'name',
  'provider',
  'displayName',
  'logo',
  'scopeDescriptions',
  'requirement',
  'timeout',
  'allowPrivateIps',
  'insecureAllowHttp',
];

export const isOwn = (field: string): boolean => OWN.includes(field);

const fieldsOf = ({ type }: Profile): readonly string[] =>
  Object.keys((type === 'oidc' ? oidcConfig : oauth2Config).shape);

export const isFieldOf = (profile: Profile, field: string): boolean => fieldsOf(profile).includes(field);

/** Whether a field stays beside `provider`, or was meant to. */
export function belongsBeside(profile: Profile, field: string): boolean {
  const known = [...fieldsOf(profile), ...Object.keys(profile.parameters ?? {}), ...OWN];
  return isOwn(known.includes(field) ? field : (nearestName(field, known) ?? field));
}
