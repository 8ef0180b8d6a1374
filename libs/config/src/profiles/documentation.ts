import { PROFILE_NAMES, type ProfileName } from '../model/profile-names.js';
import type { Profile } from './profile.js';
import { PROFILES } from './profiles.js';

/** `docs/providers.md`: what each profile needs. What it fills in is on a page of its own, `docs/providers/<profile>.md`. */
export function providersDocumentation(): string {
  return [
    '# Providers that Gatehouse knows',
    'This page is generated from the profiles of `libs/config/src/profiles` (`node tools/generate-configuration-docs.mjs`); change those.',
    '<!-- documented: each yaml block is part of libs/config/examples/gatehouse.yaml at authServer.upstreamProviders -->',
    'A provider of `authServer.upstreamProviders` is described in full (`type: oidc` or `type: oauth2`, see `docs/configuration.md`), or named:',
    `\`\`\`yaml\n${exampleOf('github')}\n\`\`\``,
    ...RULES,
    '## Table',
    [
      '| `provider:` | is | type | needs beside client id and secret | default scopes | revokes |',
      '| --- | --- | --- | --- | --- | --- |',
      ...PROFILE_NAMES.map(rowOf),
    ].join('\n'),
    '## One by one',
    'Each page says how to register the gateway there, with which callback, which scopes are asked for, how the grant is kept and how it ends.',
    ...PROFILE_NAMES.flatMap(sectionOf),
    '',
  ].join('\n\n');
}

const RULES: readonly string[] = [
  [
    '- Everything that the block `oidcConfig` or `oauth2Config` may hold can be written beside `provider`, and counts instead. A list replaces the profile’s. Fields of a block are laid over the profile’s one by one.',
    '- `requirement`, `timeout`, `allowPrivateIps` and `insecureAllowHttp` are as with every provider.',
    '- `gatehouse validate --explain` shows each field that a profile filled in, and the callback to register.',
    '- Two providers can have one profile: two names, two registrations.',
    '- With `offline_access`, some providers give a refresh token only for `prompt=consent` (OIDC Core section 11; the npm package oidc-provider is one): `additionalAuthorizationParams: { prompt: consent }`.',
  ].join('\n'),
  'A profile is written after the provider’s public documentation, which it links to; not every field was compared with it line by line. Its specs sign in, call, refresh, lose the grant and connect again at a simulated provider that behaves as we understand that documentation (`apps/token-vault/src/profiles.spec.ts`). Those that say so are run against the provider itself as well (`npm run real-providers`); nobody has run the others there. Where a profile is wrong, write the field beside `provider`, and tell us.',
];

const parametersOf = (profile: Profile) => Object.entries(profile.parameters ?? {});

function rowOf(name: ProfileName): string {
  const profile = PROFILES[name];
  const needs = parametersOf(profile).map(([parameter, { about, example, fallback }]) =>
    fallback === undefined
      ? `\`${parameter}\`: ${about} (\`${example}\`)`
      : `\`${parameter}\`: ${about}; default \`${fallback}\``,
  );
  const scopes = profile.fields.scopes ?? [];
  const revokes =
    profile.type === 'oidc'
      ? 'if its discovery document says so'
      : profile.fields.revocationEndpoint === undefined
        ? 'no'
        : 'yes';
  return `| [\`${name}\`](providers/${name}.md) | ${profile.title} | \`${profile.type}\` | ${needs.join('; ')} | ${scopes.map((scope) => `\`${scope}\``).join(' ')} | ${revokes} |`;
}

/** The headings are addresses that others may have kept. */
const sectionOf = (name: ProfileName): readonly string[] => [
  `### ${name}`,
  `[${PROFILES[name].title}](providers/${name}.md).`,
];

/** What is written for a provider that has this profile. */
export function exampleOf(name: ProfileName): string {
  const environment = name.toUpperCase().replace(/-/g, '_');
  return [
    `- name: ${name}`,
    `  provider: ${name}`,
    ...parametersOf(PROFILES[name])
      .filter(([, { fallback }]) => fallback === undefined)
      .map(([parameter, { example }]) => `  ${parameter}: ${example}`),
    "  clientId: '0123456789'",
    `  clientSecret: { env: ${environment}_CLIENT_SECRET }`,
  ].join('\n');
}
