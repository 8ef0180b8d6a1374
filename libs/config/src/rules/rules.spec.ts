import { describe, expect, test } from '@jest/globals';
import { problemsOf, uncheckedModelOf, type Changes } from '../configuration.fixture.js';
import { notes } from './mcp-rows.fixture.js';
import {
  EXCHANGE,
  EXTERNAL,
  OF_CALLER,
  NO_PROVIDER_STRATEGIES,
  OAUTH2,
  OIDC,
  REGISTRATION,
} from './row.fixture.js';
import { RULES } from './rules.js';
import { google } from './google-rows.fixture.js';
import { registering } from './registration-rows.fixture.js';
import { RULE_ROWS } from './wrong-rows.fixture.js';
import { program } from './stdio-rows.fixture.js';

describe('accepted', () => {
  const accepted: readonly (readonly [string, Changes])[] = [
    ['the document without changes', {}],
    [
      'an Authorization header of a backend',
      { 'outgoingAuth.backends.reports.headerInjection.headerName': 'Authorization' },
    ],
    [
      'headers of callers for all backends but one',
      { passthroughHeaders: ['X-Tenant', 'X-Api-Key'], 'backends.2.passthroughHeaders': [] },
    ],
    [
      'one secret of each person for two backends',
      {
        'outgoingAuth.backends.reports': {
          type: 'headerInjection',
          headerInjection: {
            headerName: 'X-Api-Key',
            perUser: { name: 'jira', label: 'Jira API token', help: 'https://jira.example/tokens' },
          },
        },
        'outgoingAuth.backends.status': {
          type: 'header_injection',
          headerInjection: {
            headerName: 'Authorization',
            scheme: 'Token',
            perUser: { name: 'jira', label: 'Jira API token', help: 'https://jira.example/tokens' },
          },
        },
      },
    ],
    [
      'a token in a header of its own, for hosts that are listed',
      {
        'outgoingAuth.backends.repos.upstreamInject': {
          providerName: 'octo',
          headerName: 'X-Octo-Token',
          scheme: '',
          allowedHosts: ['*.acme.example'],
        },
        'outgoingAuth.backends.tickets.tokenExchange.scheme': 'token',
        'outgoingAuth.backends.tickets.tokenExchange.allowedHosts': ['tickets.acme.example:443'],
      },
    ],
    [
      'a token of the gateway itself, for which it proves itself with a key, and an exchange that does',
      {
        'outgoingAuth.backends.status': {
          type: 'client_credentials',
          clientCredentials: {
            tokenUrl: 'https://sts.acme.example/token',
            clientId: 'gatehouse',
            clientKey: { env: 'SIGNING_KEY' },
            clientKeyId: 'key-1',
          },
        },
        [`${EXCHANGE}.clientSecret`]: undefined,
        [`${EXCHANGE}.clientKey`]: { env: 'SIGNING_KEY' },
      },
    ],
    [
      'tokens of a Google service account: an access token, more scopes for some tools, and an id_token',
      {
        'outgoingAuth.backends.status': google({
          scopes: ['https://www.googleapis.com/auth/cloud-platform'],
          toolScopes: [{ tools: ['delete_*'], scopes: ['https://www.googleapis.com/auth/drive'] }],
        }),
        'outgoingAuth.backends.reports': google({ audience: 'https://reports-abc.a.run.app' }),
      },
    ],
    [
      'a provider at which this gateway registers itself',
      registering({
        discoveryUrl: 'https://octo.example/.well-known/oauth-authorization-server',
        initialAccessToken: { env: 'INITIAL_ACCESS_TOKEN' },
        softwareId: 'gatehouse',
        softwareStatement: 'e30.e30.',
      }),
    ],
    [
      'cross-application access whose provider is the only one',
      {
        'authServer.upstreamProviders': [
          {
            name: 'acme-sso',
            type: 'oidc',
            oidcConfig: { issuerUrl: 'https://sso.acme.example', clientId: 'gatehouse' },
          },
        ],
        'outgoingAuth.backends.repos': undefined,
        'outgoingAuth.backends.status': {
          type: 'xaa',
          xaa: {
            idpTokenUrl: 'https://sso.acme.example/token',
            idpClientId: 'gatehouse',
            idpClientSecret: { env: 'EXCHANGE_SECRET' },
            targetTokenUrl: 'https://auth.tickets.example/token',
            targetClientId: 'gatehouse-at-tickets',
            targetClientKey: { env: 'SIGNING_KEY' },
            targetAudience: 'https://auth.tickets.example',
            subjectTokenType: 'urn:ietf:params:oauth:token-type:id_token',
          },
        },
      },
    ],
    [
      'a client whose scheme is listed',
      {
        [REGISTRATION]: {
          redirectSchemes: ['myeditor'],
          clients: [
            {
              clientId: 'c',
              clientName: 'C',
              redirectUris: ['myeditor://cb', 'cursor://x/cb', 'com.acme:/cb'],
            },
          ],
        },
      },
    ],
    [
      'a client that may ask about tokens for one backend',
      {
        [REGISTRATION]: {
          clients: [
            {
              clientId: 'c',
              clientName: 'C',
              redirectUris: ['https://c.example/cb'],
              clientSecret: { env: 'INITIAL_ACCESS_TOKEN' },
              introspection: { resources: ['https://mcp.acme.example/mcp/repos'] },
            },
          ],
        },
      },
    ],
    ['an external issuer that ends in a slash', EXTERNAL],
    [
      'the exchange of a token of an external issuer',
      { ...EXTERNAL, 'outgoingAuth.backends': { tickets: OF_CALLER } },
    ],
    [
      'a client that proves itself with a key',
      { [`${OIDC}.clientSecret`]: undefined, [`${OIDC}.clientKey`]: { env: 'SIGNING_KEY' } },
    ],
    [
      'a provider whose token answer says who signed in',
      {
        [`${OAUTH2}.userInfo`]: undefined,
        [`${OAUTH2}.identityFromToken`]: { fieldMapping: { subjectFields: ['team.id+user.id'] } },
      },
    ],
    [
      'anonymous callers of open backends',
      { ...NO_PROVIDER_STRATEGIES, incomingAuth: { type: 'anonymous' } },
    ],
    [
      'a demonstration on localhost without opt-outs',
      {
        publicUrl: 'http://localhost:4483',
        'authServer.issuer': 'http://localhost:4484',
        'backends.0.url': 'http://127.0.0.1:4489/mcp',
        'backends.1.url': 'http://[::1]:4489/mcp',
        [`${OIDC}.issuerUrl`]: 'http://localhost:4486',
      },
    ],
    [
      'a private backend whose opt-outs are written',
      {
        'backends.0': {
          name: 'repos',
          url: 'http://10.0.0.1/mcp',
          allowPrivateIps: true,
          insecureAllowHttp: true,
        },
      },
    ],
    [
      'containers that all listen on 0.0.0.0',
      {
        listen: { proxy: { host: '0.0.0.0', port: 80 }, authorizationServer: { host: '0.0.0.0', port: 80 } },
      },
    ],
    [
      'a private-use redirect scheme',
      {
        [REGISTRATION]: {
          clients: [
            { clientId: 'c', clientName: 'C', redirectUris: ['cursor://anysphere.cursor-mcp/callback'] },
          ],
        },
      },
    ],
    ['a backend that demands its own OAuth', notes()],
    [
      'a backend whose OAuth knows a configured client',
      notes({
        issuer: 'https://as.example/',
        clientId: 'gatehouse',
        clientSecret: { env: 'OCTO_CLIENT_SECRET' },
        tokenEndpointAuthMethod: 'client_secret_post',
        dynamicRegistration: false,
      }),
    ],
    [
      'a view named like a backend, one named like the place of views, and patterns of all kinds',
      {
        views: [
          {
            name: 'repos',
            backends: ['tickets', 'repos'],
            tools: { include: ['repos/search_*', 'tickets/create'], exclude: ['*/delete_*'] },
            prompts: { include: [] },
            resources: { exclude: ['repos/secret://*'] },
          },
          { name: 'views', backends: ['status'] },
        ],
      },
    ],
    [
      'filters and overrides of every kind',
      {
        aggregation: {
          defaultToolVisibility: 'deny',
          tools: [
            { workload: 'repos', overrides: { a: { annotations: { readOnlyHint: false } } } },
            { workload: 'tickets', excludeAll: true },
          ],
          prompts: [{ workload: 'repos', filter: ['plan_*'] }],
          resources: [{ workload: 'repos', filter: ['docs://*'] }],
        },
      },
    ],
    [
      'a program that the bridge runs',
      program({ env: { LEVEL: '' }, secretEnv: { KEY: { env: 'API_KEY' } } }),
    ],
    [
      'a program that gets the token of the person',
      {
        ...program({ tokenEnv: 'OCTO_TOKEN' }),
        'outgoingAuth.backends.status': { type: 'upstreamInject', upstreamInject: { providerName: 'octo' } },
      },
    ],
    ['a bridge without a secret on loopback', program({}, { allowWithoutSecret: true })],
    ['an issuer that is left out', { 'authServer.issuer': undefined }],
  ];
  test.each(accepted.map((row) => [...row] as const))('%s', (_name, changes) => {
    expect(problemsOf(changes)).toEqual([]);
  });
});

test('every rule is the one that reports some row above', () => {
  const silent = RULES.filter(
    ({ rule }) => !RULE_ROWS.some(([, changes]) => rule(uncheckedModelOf(changes)).length > 0),
  );
  expect(silent).toEqual([]);
});
