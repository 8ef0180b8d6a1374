import { row, type ManifestRow } from './manifest-row.fixture.js';
import { OAUTH2 } from './places.fixture.js';

const METADATA = 'https://octo.example/.well-known/oauth-authorization-server';
const ENDPOINT = 'https://octo.example/register';

const registering = (
  refused: string,
  dcrConfig: unknown,
  field: string,
  [message, instead]: readonly [message: string, instead?: string],
  more: Readonly<Record<string, unknown>> = {},
): ManifestRow =>
  row(
    refused,
    {
      [`${OAUTH2}.clientId`]: undefined,
      [`${OAUTH2}.clientSecretRef`]: undefined,
      [`${OAUTH2}.dcrConfig`]: dcrConfig,
      ...Object.fromEntries(Object.entries(more).map(([name, value]) => [`${OAUTH2}.${name}`, value])),
    },
    [instead === undefined ? [`${OAUTH2}.${field}`, message] : [`${OAUTH2}.${field}`, message, instead]],
  );

/** `dcrConfig` of a provider. */
export const REGISTRATION_ROWS: readonly ManifestRow[] = [
  row('dcrConfig beside a client', { [`${OAUTH2}.dcrConfig`]: { registrationEndpoint: ENDPOINT } }, [
    [
      `${OAUTH2}.dcrConfig`,
      'Only one of clientId and dcrConfig makes this gateway a client: write the one that counts.',
    ],
  ]),
  registering(
    'dcrConfig with a secret beside it',
    { discoveryUrl: METADATA },
    'clientSecretRef',
    ['With dcrConfig the provider gives this gateway a secret of its own: leave this out.'],
    { clientSecretRef: { name: 'clients', key: 'octo' } },
  ),
  registering('dcrConfig that says nowhere', { softwareId: 'gatehouse' }, 'dcrConfig.discoveryUrl', [
    'Nothing says where to register: dcrConfig needs either discoveryUrl or registrationEndpoint.',
  ]),
  registering(
    'dcrConfig that says twice where',
    { discoveryUrl: METADATA, registrationEndpoint: ENDPOINT },
    'dcrConfig.registrationEndpoint',
    ['Only one of discoveryUrl and registrationEndpoint says where to register: write the one that counts.'],
  ),
  registering(
    'dcrConfig with metadata where there can be none',
    { discoveryUrl: ENDPOINT },
    'dcrConfig.discoveryUrl',
    [
      'No metadata of an authorization server is there (RFC 8414 section 3).',
      'https://<host>/.well-known/oauth-authorization-server, or registrationEndpoint',
    ],
  ),
  registering(
    'dcrConfig over http',
    { registrationEndpoint: 'http://octo.example/register' },
    'dcrConfig.registrationEndpoint',
    [
      'http is refused: tokens would travel in the clear.',
      'https://octo.example/register, or insecureAllowHTTP: true in oauth2Config',
    ],
  ),
  registering(
    'dcrConfig with a statement that is no JWT',
    { discoveryUrl: METADATA, softwareStatement: 'gatehouse' },
    'dcrConfig.softwareStatement',
    ['This is not a JWT of at most 16384 characters, as a software statement is.'],
  ),
  registering(
    'an initial access token of a Secret that is not there',
    { discoveryUrl: METADATA, initialAccessTokenRef: { name: 'clients', key: 'missing' } },
    'dcrConfig.initialAccessTokenRef',
    ['The Secret clients has no key missing.'],
  ),
  registering(
    'an initial access token in plain text',
    { discoveryUrl: METADATA, initialAccessToken: 'plain' },
    'dcrConfig.initialAccessToken',
    ['Unknown field. Did you mean initialAccessTokenRef?', 'initialAccessTokenRef:'],
  ),
];
