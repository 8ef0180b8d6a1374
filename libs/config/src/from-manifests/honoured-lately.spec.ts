import { describe, expect, test } from '@jest/globals';
import { injectedValue } from '../model/outgoing-auth.js';
import { changed, manifest, manifests, modelOfManifests, warningsOfManifests } from './manifests.fixture.js';

const CONFIG = 'VirtualMCPServer.spec.config';
const LIMIT = { maxTokens: 1, refillPeriod: '1s' };

test('a bearerToken is sent as RFC 6750 has it: Bearer, and what the Secret holds', () => {
  const objects = changed('MCPExternalAuthConfig.spec', {
    type: 'bearerToken',
    bearerToken: { tokenSecretRef: { name: 'clients', key: 'octo' } },
  });
  const strategy = modelOfManifests(objects).outgoingAuth.backends.get('repos');
  if (strategy?.type !== 'headerInjection') throw new Error(strategy?.type);
  const { headerName, headerValue, scheme = '' } = strategy;
  expect(headerName).toBe('Authorization');
  expect(injectedValue({ ...strategy, headerName, scheme, headerValue: headerValue.secret }).reveal()).toBe(
    `Bearer ${headerValue.secret.reveal()}`,
  );
});

test('delegateClients act for people of every client, for their audiences and scopes', () => {
  const objects = changed('VirtualMCPServer.spec.authServerConfig.delegateClients', [
    {
      clientId: 'planner',
      clientSecretRef: { name: 'clients', key: 'exchange' },
      audiences: ['https://mcp.acme.example/mcp'],
      scopes: [],
    },
  ]);
  const [client] = modelOfManifests(objects).authServer?.clientRegistration.clients ?? [];
  expect(client).toMatchObject({
    clientId: 'planner',
    redirectUris: [],
    tokenExchange: {
      subjectClients: ['*'],
      resources: ['https://mcp.acme.example/mcp'],
      scopes: [],
      lifespanMs: 900_000,
    },
  });
});

describe('traces of config.telemetry', () => {
  const otlpOf = (telemetry: object) =>
    modelOfManifests(changed(`${CONFIG}.telemetry`, telemetry)).telemetry.otlp;

  test('host and port are asked by https, and one request of twenty is recorded, as the published schema says', () => {
    expect(otlpOf({ endpoint: 'collector.example:4318', tracingEnabled: true })).toMatchObject({
      endpoint: 'https://collector.example:4318',
      insecureAllowHttp: false,
      samplingRatio: 0.05,
    });
  });

  test('insecure means http, whatever the URL says', () => {
    expect(
      otlpOf({
        endpoint: 'https://collector:4318',
        tracingEnabled: true,
        insecure: true,
        samplingRate: '1',
      }),
    ).toMatchObject({ endpoint: 'http://collector:4318', insecureAllowHttp: true, samplingRatio: 1 });
  });

  test('an endpoint without tracingEnabled records nothing, and says so', () => {
    const objects = changed(`${CONFIG}.telemetry`, {
      endpoint: 'collector.example:4318',
      prometheusPort: 9090,
    });
    expect(modelOfManifests(objects).telemetry.otlp).toBeUndefined();
    expect(warningsOfManifests(objects).map(({ message }) => message)).toEqual(
      expect.arrayContaining([
        'Nothing is sent there: tracingEnabled is not true.',
        expect.stringMatching(/^No effect here: metrics are at \/metrics/),
      ]),
    );
  });
});

describe('limits of single tools', () => {
  const limitsOf = (config: object, objects = manifests()) =>
    modelOfManifests(changed(CONFIG, config, objects)).rateLimiting.limits.map(
      ({ name, per, backends, tools }) => ({ name, per, backends, tools }),
    );

  test('the name that clients see is the backend and its own name', () => {
    expect(
      limitsOf({
        rateLimiting: { shared: LIMIT, tools: [{ name: 'repos_search', perUser: LIMIT, shared: LIMIT }] },
      }),
    ).toEqual([
      { name: 'shared', per: [], backends: undefined, tools: undefined },
      { name: 'tool-1-shared', per: [], backends: ['repos'], tools: ['search'] },
      { name: 'tool-1-per-user', per: ['user'], backends: ['repos'], tools: ['search'] },
    ]);
  });

  test('a tool that has another name for clients is counted by that of its backend', () => {
    expect(
      limitsOf({
        aggregation: { tools: [{ workload: 'repos', overrides: { find: { name: 'search' } } }] },
        rateLimiting: { tools: [{ name: 'repos_search', shared: LIMIT }] },
      }),
    ).toEqual([{ name: 'tool-1-shared', per: [], backends: ['repos'], tools: ['find'] }]);
  });

  test('a name that can be of two backends is limited at both: no spelling slips past', () => {
    const objects = manifests();
    objects.push(
      manifest('MCPServerEntry', 'repos-old', {
        groupRef: { name: 'engineering' },
        remoteUrl: 'https://old.acme.example/mcp',
        transport: 'streamable-http',
      }),
    );
    expect(
      limitsOf(
        {
          aggregation: { conflictResolutionConfig: { prefixFormat: '{workload}-' } },
          rateLimiting: { tools: [{ name: 'repos-old-search', shared: LIMIT }] },
        },
        objects,
      ),
    ).toEqual([
      { name: 'tool-1-shared', per: [], backends: ['repos'], tools: ['old-search'] },
      { name: 'tool-1-shared-2', per: [], backends: ['repos-old'], tools: ['search'] },
    ]);
  });

  test('without prefixes every backend may have the tool, by its name or, where two have it, behind its own', () => {
    expect(
      limitsOf({
        aggregation: {
          conflictResolution: 'priority',
          conflictResolutionConfig: { priorityOrder: ['repos'] },
        },
        rateLimiting: { tools: [{ name: 'repos_search', shared: LIMIT }] },
      }),
    ).toEqual([
      { name: 'tool-1-shared', per: [], backends: ['repos', 'tickets', 'reports'], tools: ['repos_search'] },
      { name: 'tool-1-shared-2', per: [], backends: ['repos'], tools: ['search'] },
    ]);
  });
});

test('dcrConfig is a registration of this gateway at the provider, with the token of the Secret', () => {
  const place = 'VirtualMCPServer.spec.authServerConfig.upstreamProviders.1.oauth2Config';
  const discoveryUrl = 'https://octo.example/.well-known/oauth-authorization-server';
  let objects = changed(`${place}.clientId`, undefined);
  objects = changed(`${place}.clientSecretRef`, undefined, objects);
  objects = changed(
    `${place}.dcrConfig`,
    {
      discoveryUrl,
      initialAccessTokenRef: { name: 'clients', key: 'octo' },
      softwareId: 'gatehouse',
      softwareStatement: 'e30.e30.',
    },
    objects,
  );
  const octo = modelOfManifests(objects).authServer?.upstreamProviders[1];
  const { initialAccessToken, ...registration } = octo?.registration ?? {};
  expect([octo?.clientId, octo?.clientSecret, octo?.tokenEndpointAuthMethod]).toEqual([
    '',
    undefined,
    undefined,
  ]);
  expect(registration).toEqual({
    at: { discoveryUrl },
    softwareId: 'gatehouse',
    softwareStatement: 'e30.e30.',
  });
  expect(initialAccessToken?.reference).toMatch(/clients/);
});
