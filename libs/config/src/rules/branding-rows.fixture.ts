import { provider, type Row } from './row.fixture.js';

const svg = (text: string): string =>
  `data:image/svg+xml;base64,${Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg">${text}</svg>`).toString('base64')}`;
const BRANDING = 'authServer.branding';

/** What pages call things. */
export const BRANDING_ROWS: readonly Row[] = [
  [
    'two backends with one name on pages',
    { 'backends.0.displayName': 'Tools', 'backends.1.displayName': 'tools' },
    'backends[1].displayName',
    /repos and tickets by the same name/,
  ],
  [
    'a backend with the name of another one on pages',
    { 'backends.0.displayName': 'Tickets' },
    'backends[0].displayName',
    /repos and tickets by the same name/,
  ],
  [
    'two providers with one name on pages',
    { [provider(0, 'displayName')]: 'Acme', [provider(1, 'displayName')]: 'Ａｃｍｅ' },
    'authServer.upstreamProviders[1].displayName',
    /acme-sso and octo by the same name/,
  ],
];

/** How pages look. */
export const BRANDING_SHAPE_ROWS: readonly Row[] = [
  ['a color that is a name', { [`${BRANDING}.color`]: 'purple' }, `${BRANDING}.color`, /is not a color/],
  [
    'a color that cannot be read on white',
    { [`${BRANDING}.color`]: '#ffcc00' },
    `${BRANDING}.color`,
    /contrast is less than 4\.5:1/,
    /^"#[0-9a-f]{6}"$/,
  ],
  [
    'a logo of another host',
    { [`${BRANDING}.logo`]: 'https://acme.example/logo.png' },
    `${BRANDING}.logo`,
    /as a data: URL/,
  ],
  [
    'a logo with a script',
    { [`${BRANDING}.logo`]: svg('<script>alert(1)</script>') },
    `${BRANDING}.logo`,
    /only draws/,
  ],
  [
    'a logo of a provider that is not what its type says',
    { [provider(0, 'logo')]: 'data:image/png;base64,PGh0bWw+' },
    'authServer.upstreamProviders[0].logo',
    /does not hold what its type says/,
  ],
  [
    'a link to help that is a script',
    { [`${BRANDING}.supportUrl`]: 'javascript:alert(1)' },
    `${BRANDING}.supportUrl`,
    /neither an https: URL nor mailto:/,
  ],
  ['terms over http', { [`${BRANDING}.termsUrl`]: 'http://acme.example/terms' }, `${BRANDING}.termsUrl`],
  [
    'a name with characters that nobody sees',
    { [`${BRANDING}.name`]: 'Acme\u202egnp' },
    `${BRANDING}.name`,
    /nobody sees/,
  ],
  [
    'a backend with a name that fills the page',
    { 'backends.0.displayName': 'x'.repeat(61) },
    'backends[0].displayName',
    /longer than 60/,
  ],
  [
    'a scope that is described with nothing',
    { [provider(1, 'scopeDescriptions')]: { repo: '' } },
    'authServer.upstreamProviders[1].scopeDescriptions.repo',
  ],
];
