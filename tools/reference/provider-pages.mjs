/** docs/providers/<profile>.md: what is known of each provider, from its profile and from what its simulation is held to. */
import { PROFILE_NAMES } from '../../libs/config/dist/model/profile-names.js';
import { exampleOf } from '../../libs/config/dist/profiles/documentation.js';
import { filledFields, mergedFields } from '../../libs/config/dist/profiles/fields.js';
import { PROFILES } from '../../libs/config/dist/profiles/profiles.js';
import { ownCallback, providerLogoutUrl } from '../../libs/config/dist/urls/callbacks.js';
import { DOCUMENTED_OAUTH } from '../../apps/token-vault/dist/testing/documented-oauth.js';
import { DOCUMENTED_OPENID } from '../../apps/token-vault/dist/testing/documented-openid.js';
import { code, codes, duration, table } from './markdown.mjs';

const EXAMPLE = 'libs/config/examples/gatehouse.yaml';
const ISSUER = 'https://auth.acme.example';
const MINUTE_MS = 60_000;

/** Fields by which a provider differs from what RFC 6749 and OpenID Connect say, in a sentence. */
const DIFFERENCES = {
  basicCredentials: () =>
    'It compares client id and secret as they come, without decoding them (`basicCredentials: plain`).',
  pkce: () => 'PKCE is off.',
  scopeParameter: (name) => `Scopes are asked for in the parameter ${code(name)}.`,
  scopeSeparator: (separator) => `Scopes stand apart by a ${separator}.`,
  refreshEndpoint: (url) => `Refresh tokens are redeemed at an endpoint of their own, ${code(url)}.`,
  tokenRequestFormat: (format) =>
    `Requests to its token endpoint are ${format === 'json' ? 'JSON' : format}.`,
  tokenRequestHeaders: (headers) =>
    `Requests to its token endpoint have the headers ${codes(Object.keys(headers))}.`,
  tokenResponseMapping: (members) =>
    `Its token answer keeps members elsewhere: ${codes(Object.values(members))}.`,
  issuerTemplate: (issuer) => `Its id_tokens name the issuer of the person’s own tenant, ${code(issuer)}.`,
  idTokenSignedWith: () => 'Its id_tokens are signed with the client secret (HS256).',
  reconnectPrompt: (prompt) => `Who connects again is asked with ${code(`prompt=${prompt}`)}.`,
  clientAssertionAudience: (audience) =>
    `With a \`clientKey\`, its assertions name the ${audience === 'issuer' ? 'issuer' : 'token endpoint'} as \`aud\`.`,
  issuer: (issuer) => `Its answers carry ${code(`iss=${issuer}`)} (RFC 9207): one without it is refused.`,
};

const providerSources = () =>
  PROFILE_NAMES.map((name) => ({
    name,
    profile: PROFILES[name],
    documented: { ...DOCUMENTED_OPENID, ...DOCUMENTED_OAUTH }[name],
  }));

function setUp({ name, profile }) {
  const { fields, type, documentation } = profile;
  const callback = ownCallback(ISSUER, name);
  const scopes = fields.scopes ?? [];
  return [
    `1. Register an application for web sign-in (an OAuth client with a secret) at ${profile.title}: <${documentation[0]}>.`,
    `2. Give it this callback, which others call redirect URI: ${code('<issuer>/oauth/callback/<name>')}. \`<issuer>\` is \`authServer.issuer\`, and \`<name>\` the provider’s \`name\`. For the block below and the issuer ${code(ISSUER)} it is ${code(callback)}. It is compared exactly; \`gatehouse validate --explain\` prints yours.`,
    `3. Allow the authorization code grant${fields.pkce === 'off' ? ', without PKCE' : ' with PKCE (`S256`)'}, and refresh tokens where the provider asks.`,
    scopes.length === 0
      ? '4. Choose what may be done there at the application itself: no scopes are asked for.'
      : `4. Allow the scopes that are asked for: ${codes(scopes)}, or those that you write in their place.`,
    `5. Put the client secret where the block refers to, and add the block to \`authServer.upstreamProviders\`.${type === 'oidc' ? ' Endpoints and keys come from the discovery document.' : ''}`,
    ...(type !== 'oidc' || fields.issuerTemplate !== undefined
      ? []
      : [
          `6. If it has back-channel logout (OpenID Connect), give it ${code(providerLogoutUrl(ISSUER, name))}, which is \`<issuer>/oauth/backchannel-logout/<name>\`: who signs out there is signed out here ([OpenID Connect](../openid.md#when-somebody-signs-out-at-a-provider)).`,
        ]),
  ].join('\n');
}

function needs({ parameters = {}, type }) {
  const rows = Object.entries(parameters).map(([name, { about, example, fallback }]) => [
    code(name),
    about,
    code(example),
    fallback === undefined ? 'has to be written' : code(fallback),
  ]);
  const client = [
    ['`clientId`', 'Client id that the provider gave you', '', 'has to be written'],
    [
      '`clientSecret`',
      'Reference to its secret',
      '',
      type === 'oidc' ? 'left out: a public client, or one with a `clientKey`' : 'has to be written',
    ],
  ];
  return table(['field', 'what', 'example', 'default'], [...rows, ...client]);
}

function identity({ type, fields }) {
  if (fields.userInfo !== undefined) {
    const { endpointUrl, fieldMapping } = fields.userInfo;
    return `The person is known by ${codes(fieldMapping?.subjectFields ?? ['sub'])} of ${code(endpointUrl)}, asked with the new token.`;
  }
  if (fields.identityFromToken !== undefined)
    return `The person is known by ${codes(fields.identityFromToken.fieldMapping?.subjectFields ?? ['sub'])} of the token answer itself.`;
  return type === 'oidc'
    ? `The person is known by ${code(fields.subjectClaim ?? 'sub')} of the id_token.`
    : '';
}

function scopesText(profile) {
  const scopes = profile.fields.scopes ?? [];
  return [
    scopes.length === 0
      ? 'None are asked for. Write `scopes` beside `provider` if your application has some.'
      : `Asked for: ${codes(scopes)}. \`scopes\` beside \`provider\` replaces the whole list: keep those that the sign-in itself needs.`,
    identity(profile),
  ]
    .filter((text) => text !== '')
    .join(' ');
}

function refresh({ documented, profile }) {
  const { rotates, seconds, lost, offline, refreshesByScope } = documented;
  const { additionalAuthorizationParams = {}, scopes = [] } = profile.fields;
  const asked = [
    ...(scopes.includes('offline_access') ? ['`offline_access`'] : []),
    ...Object.entries(additionalAuthorizationParams).map(([name, value]) => code(`${name}=${value}`)),
  ];
  const [status, body] = lost;
  return [
    ...(seconds === undefined
      ? []
      : [`An access token lives ${duration(Math.round(seconds / 60) * MINUTE_MS)} or so.`]),
    rotates
      ? 'Each use of a refresh token replaces it: Gatehouse redeems each one once, and keeps the answer before anybody uses it.'
      : 'A refresh token is not replaced with its use.',
    ...(offline === undefined || asked.length === 0
      ? []
      : [`It gives one only for what is asked at the sign-in: ${asked.join(', ')}.`]),
    ...(refreshesByScope === true ? ['The scopes are sent with each refresh.'] : []),
    `A grant that is over is told by status ${status} and ${code(JSON.stringify(body))}: the person gets a link to sign in again (\`reauth_required\`). What other answers mean is in [provider answers](../provider-answers.md).`,
  ].join(' ');
}

function revocation({ type, fields }) {
  if (type === 'oidc')
    return 'An ended connection is given back at the `revocation_endpoint` of the discovery document (RFC 7009), if it has one. Otherwise it is forgotten here, and what the provider gave ends there by itself.';
  return fields.revocationEndpoint === undefined
    ? 'No revocation endpoint is known. An ended connection is forgotten here, and what the provider gave ends there by itself.'
    : `An ended connection is given back at ${code(fields.revocationEndpoint)} (RFC 7009).`;
}

/** What a note says already is not said again. */
function differences({ fields, notes = [] }) {
  const isNoted = (field) => field === 'pkce' && notes.some((note) => note.includes('PKCE'));
  return Object.entries(DIFFERENCES).flatMap(([field, say]) =>
    fields[field] === undefined || isNoted(field) ? [] : [say(fields[field])],
  );
}

const tested = ({ title, testedWith }) =>
  testedWith === undefined
    ? `Nobody has run this profile at ${title} itself. It is written after the documentation below, and its specs sign in, call, refresh, lose the grant and connect again at a simulation of it (\`apps/token-vault/src/profiles.spec.ts\`). Where it is wrong, write the field beside \`provider\`, and tell us.`
    : `Run against ${title} ${testedWith} itself, with its default settings: sign-in, refresh, change of keys, a lost grant, and revocation where it has an endpoint for it (\`npm run real-providers\`).`;

function filled(profile) {
  const fields = filledFields(mergedFields(profile, new Map(), { clientSecret: {} }), { clientSecret: {} });
  return table(
    ['field', 'filled in'],
    fields.map(({ field, value }) => [code(field), code(value)]),
  );
}

const list = (items) => items.map((item) => `- ${item}`).join('\n');

function pageOf({ name, profile, documented }) {
  const quirks = [...(profile.notes ?? []), ...differences(profile)];
  return [
    `# ${profile.title}`,
    `Generated from \`libs/config/src/profiles\` by \`node tools/generate-reference.mjs\`; a check compares the two. Change the profile, not this page. All of them: [providers](../providers.md).`,
    `\`provider: ${name}\`, of type \`${profile.type}\`.`,
    `<!-- documented: part of ${EXAMPLE} at authServer.upstreamProviders -->`,
    `\`\`\`yaml\n${exampleOf(name)}\n\`\`\``,
    '## Register the gateway there',
    setUp({ name, profile }),
    '## What it needs',
    needs(profile),
    '## Scopes, and who signed in',
    scopesText(profile),
    '## Refresh',
    refresh({ documented, profile }),
    '## Revocation',
    revocation(profile),
    ...(quirks.length === 0 ? [] : ['## What is special', list(quirks)]),
    '## What is known and what is not',
    tested(profile),
    '## Filled in',
    'Whatever is written beside `provider` counts instead ([configuration](../configuration.md)).',
    filled(profile),
    `From: ${profile.documentation.map((url) => `<${url}>`).join(', ')}`,
    '',
  ].join('\n\n');
}

/** One page for each profile. */
export const providerPages = PROFILE_NAMES.map((name) => ({
  path: `docs/providers/${name}.md`,
  sources: () => providerSources().find((one) => one.name === name),
  text: pageOf,
  drift: (source) => ({
    ...source,
    profile: { ...source.profile, fields: { ...source.profile.fields, scopes: ['planted'] } },
  }),
}));
