import type { Branding, ShownAs, ShownProvider } from '../model/branding.js';
import { accentsOf } from '../model/colors.js';
import { logoOf } from '../model/logos.js';
import { PROFILES } from '../profiles/profiles.js';
import { OPENID_WORDS, SCOPE_WORDS } from '../profiles/scope-words.js';
import type { GatehouseYaml } from '../yaml/gatehouse-yaml.js';
import { given } from './written-values.js';

type Written = NonNullable<GatehouseYaml['authServer']>;

export function buildBranding(
  { branding: { name, logo, color, supportUrl, termsUrl }, upstreamProviders }: Written,
  backends: GatehouseYaml['backends'],
): Branding {
  return {
    name,
    ...given('logo', logo === undefined ? undefined : logoOf(logo)),
    ...given('accents', color === undefined ? undefined : accentsOf(color)),
    ...given('supportUrl', supportUrl),
    ...given('termsUrl', termsUrl),
    providers: new Map(upstreamProviders.map((one) => [one.name, shownProvider(one)])),
    backends: new Map(backends.map((one) => [one.name, shownAs(one)])),
  };
}

function shownProvider(written: Written['upstreamProviders'][number]): ShownProvider {
  const { provider, scopeDescriptions } = written;
  const ofProfile = provider === undefined ? {} : SCOPE_WORDS[provider];
  return {
    ...shownAs(written, titleOf(written)),
    scopeWords: { ...OPENID_WORDS, ...ofProfile, ...scopeDescriptions },
  };
}

/** Two of one product are told apart by the names that they were given. */
const titleOf = ({ name, provider }: Written['upstreamProviders'][number]): string =>
  provider === name ? PROFILES[provider].title : name;

const shownAs = (
  {
    name,
    displayName,
    logo,
  }: { readonly name: string; readonly displayName?: string; readonly logo?: string },
  derived = name,
): ShownAs => ({
  label: displayName ?? derived,
  ...given('logo', logo === undefined ? undefined : logoOf(logo)),
});
