import { row, wrong, type ManifestRow } from './manifest-row.fixture.js';
import { AUTH_SERVER, INCOMING, OUTGOING, OWN, REPOS } from './places.fixture.js';

export const INCOMING_ROWS: readonly ManifestRow[] = [
  wrong('no incomingAuth', INCOMING, undefined, 'This field is required.'),
  wrong('incomingAuth that is a text', INCOMING, 'oidc', 'Expected fields, found a text.'),
  wrong('incomingAuth without a type', `${INCOMING}.type`, undefined, 'This field is required.'),
  wrong('an unknown type of incomingAuth', `${INCOMING}.type`, 'local', 'Expected one of: anonymous, oidc.'),
  wrong(
    'a misspelled type of incomingAuth',
    `${INCOMING}.type`,
    'odic',
    'Expected one of: anonymous, oidc.',
    'oidc',
  ),
  row('anonymous callers beside an authorization server (V-09)', { [INCOMING]: { type: 'anonymous' } }, [
    [
      `${INCOMING}.type`,
      'authServerConfig needs type: oidc: its tokens would not be looked at.',
      'type: oidc, and oidcConfigRef',
    ],
  ]),
  row(
    'anonymous callers with a reference',
    {
      [`${INCOMING}.type`]: 'anonymous',
      [AUTH_SERVER]: undefined,
      [`${OUTGOING}.backends`]: undefined,
      [`${REPOS}.externalAuthConfigRef`]: undefined,
    },
    [[`${INCOMING}.oidcConfigRef`, 'This does not go with type: anonymous.']],
  ),
  wrong(
    'oidc without its reference',
    `${INCOMING}.oidcConfigRef`,
    undefined,
    'type: oidc needs oidcConfigRef.',
    'oidcConfigRef: { name, audience }',
  ),
  wrong(
    'oidc in place, as older versions wrote it',
    `${INCOMING}.oidcConfig`,
    { type: 'inline' },
    'Unknown field. Did you mean oidcConfigRef?',
    'oidcConfigRef:',
  ),
  wrong('a reference without a name', `${INCOMING}.oidcConfigRef.name`, undefined, 'This field is required.'),
  wrong(
    'a reference to an MCPOIDCConfig that is not there',
    `${INCOMING}.oidcConfigRef.name`,
    'others',
    'There is no MCPOIDCConfig others in namespace tools.',
    'one of: own',
  ),
  wrong(
    'a reference that is a text',
    `${INCOMING}.oidcConfigRef`,
    'own',
    'Expected fields, found a text.',
    'oidcConfigRef: { name: own }',
  ),
  wrong('no audience (V-13)', `${INCOMING}.oidcConfigRef.audience`, undefined, 'This field is required.'),
  wrong(
    'another audience than the resource (V-07)',
    `${INCOMING}.oidcConfigRef.audience`,
    'https://other.example/mcp',
    'This must equal the MCP endpoint, byte for byte.',
    'https://mcp.acme.example/mcp',
  ),
  wrong(
    'an audience that is a list',
    `${INCOMING}.oidcConfigRef.audience`,
    ['https://mcp.acme.example/mcp'],
    'Expected a text, found a list.',
  ),
  wrong(
    'an audience that is a name',
    `${INCOMING}.oidcConfigRef.audience`,
    'acme',
    'This must equal the MCP endpoint, byte for byte.',
    'https://mcp.acme.example/mcp',
  ),
  row(
    'a resource that is no URL',
    {
      [`${INCOMING}.oidcConfigRef.resourceUrl`]: 'mcp.acme.example/mcp',
      [`${INCOMING}.oidcConfigRef.audience`]: 'mcp.acme.example/mcp',
    },
    [[`${INCOMING}.oidcConfigRef.resourceUrl`, 'The value is not an absolute http(s) URL.']],
  ),
  row(
    'a resource over http',
    {
      [`${INCOMING}.oidcConfigRef.resourceUrl`]: 'http://mcp.acme.example/mcp',
      [`${INCOMING}.oidcConfigRef.audience`]: 'http://mcp.acme.example/mcp',
    },
    [
      [
        `${INCOMING}.oidcConfigRef.resourceUrl`,
        'http is refused except on localhost: codes and tokens would travel in the clear (insecureAllowHTTP: true accepts that).',
        'https://mcp.acme.example',
      ],
    ],
  ),
  wrong(
    'scopes that are one text',
    `${INCOMING}.oidcConfigRef.scopes`,
    'openid',
    'Expected a list, found a text.',
    '[openid]',
  ),
  row('scopes with a space', { [`${INCOMING}.oidcConfigRef.scopes`]: ['openid', 'profile email'] }, [
    [
      `${INCOMING}.oidcConfigRef.scopes[1]`,
      'The value is not one scope: no spaces, quotes or backslashes; write several scopes as a list.',
      'profile, email',
    ],
  ]),
  wrong(
    'an unknown field of the reference',
    `${INCOMING}.oidcConfigRef.clientId`,
    'x',
    'Unknown field. Known here: audience, name, resourceUrl, scopes.',
  ),
  wrong(
    "an issuer that is not the authorization server's (V-04)",
    `${OWN}.inline.issuer`,
    'https://auth.acme.example/',
    'This must equal the issuer of authServerConfig, byte for byte.',
    'https://auth.acme.example',
  ),
  wrong(
    'an issuer in other capitals (V-04)',
    `${OWN}.inline.issuer`,
    'https://AUTH.acme.example',
    'This must equal the issuer of authServerConfig, byte for byte.',
    'https://auth.acme.example',
  ),
  wrong('an MCPOIDCConfig without a type', `${OWN}.type`, undefined, 'This field is required.'),
  wrong(
    'an MCPOIDCConfig of an unknown type',
    `${OWN}.type`,
    'external',
    'Expected one of: kubernetesServiceAccount, inline.',
  ),
  wrong(
    'type inline without its block',
    `${OWN}.inline`,
    undefined,
    'type: inline needs the fields under inline.',
  ),
  wrong('no issuer', `${OWN}.inline.issuer`, undefined, 'This field is required.'),
  wrong('an issuer that is a number', `${OWN}.inline.issuer`, 7, 'Expected a text, found a number.', "'7'"),
  wrong(
    'keys over http',
    `${OWN}.inline.jwksUrl`,
    'http://auth.acme.example/keys',
    'http is refused: tokens would travel in the clear.',
    'https://auth.acme.example/keys, or insecureAllowHTTP: true beside it',
  ),
  wrong(
    'keys without a scheme',
    `${OWN}.inline.jwksUrl`,
    'auth.acme.example/keys',
    'The value is not an absolute http(s) URL.',
  ),
  wrong(
    'a flag that is a text',
    `${OWN}.inline.jwksAllowPrivateIP`,
    'true',
    'Expected true or false, found a text.',
  ),
];
