import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import { configurationText } from '../configuration.fixture.js';
import { fromManifests } from '../from-manifests/from-manifests.js';
import { manifests, textOf } from '../from-manifests/manifests.fixture.js';
import { modelFromYaml } from '../from-yaml/model-from-yaml.js';
import { SecretResolver } from '../secrets/secret-resolver.js';
import { checkStructure } from '../structure/structure.js';
import { anyStrategy, duration, secretRef, some, STRATEGIES } from './strategies.fixture.js';
import { toManifests } from './to-manifests.js';

type Fields = Record<string, unknown>;

/** Maps in the order of their names: that order means nothing. */
const plain = (_name: string, value: unknown): unknown => {
  if (value instanceof Map) return Object.fromEntries([...(value as Map<string, unknown>)].sort(byName));
  const isRecord =
    typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
  return isRecord ? Object.fromEntries(Object.entries(value).sort(byName)) : value;
};
const byName = ([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number =>
  left < right ? -1 : 1;

function modelOf(native: unknown): unknown {
  const { shape, findings } = checkStructure(native);
  if (shape === undefined || findings.length > 0) throw new Error(JSON.stringify(findings));
  const nothingRead = () => ({ ok: false, message: 'not read' }) as const;
  return JSON.parse(JSON.stringify(modelFromYaml(shape, new SecretResolver('none', nothingRead, [])), plain));
}

function throughManifests(native: Fields): unknown {
  const { objects, beside } = toManifests(native);
  const text = textOf([...objects, ...(Object.keys(beside).length === 0 ? [] : [beside])]);
  const read = fromManifests([{ document: 'all.yaml', text }], { document: 'all' });
  expect(read.problems).toEqual([]);
  return read.value;
}

const provider = fc
  .record({
    type: fc.constantFrom('oidc', 'oauth2'),
    clientSecret: some(secretRef),
    scopes: some(fc.constantFrom(['openid'], ['openid', 'email'])),
    requirement: some(fc.constantFrom('required', 'optional')),
    pkce: some(fc.constantFrom('S256', 'off')),
    subjectClaim: some(fc.constantFrom('sub', 'oid')),
    allowPrivateIps: some(fc.boolean()),
    params: some(fc.constant({ prompt: 'consent' })),
    identity: fc.constantFrom<Fields>(
      { userInfo: { endpointUrl: 'https://octo.example/user' } },
      {
        userInfo: {
          endpointUrl: 'https://octo.example/user',
          method: 'POST',
          body: '{}',
          fieldMapping: { subjectFields: ['id'] },
        },
      },
      { identityFromToken: { fieldMapping: { subjectFields: ['user.id'], nameFields: ['user.name'] } } },
      { identityFromToken: { fieldMapping: { subjectFields: ['user.id', 'id'] } } },
    ),
    dcrConfig: some(
      fc.constantFrom<Fields>(
        { registrationEndpoint: 'https://octo.example/register' },
        {
          discoveryUrl: 'https://octo.example/.well-known/oauth-authorization-server',
          initialAccessToken: { secretRef: { name: 'a', key: 'b' } },
          softwareId: 'gatehouse',
        },
        {
          discoveryUrl: 'https://octo.example/.well-known/oauth-authorization-server',
          initialAccessToken: { env: 'SECRET' },
          softwareStatement: 'e30.e30.',
        },
      ),
    ),
    openIdDcrConfig: some(
      fc.constantFrom<Fields>({}, { registrationEndpoint: 'https://sso.acme.example/register' }),
    ),
    mapping: some(
      fc.constantFrom<Fields>(
        { accessToken: 'authed_user.access_token', tokenType: 'authed_user.token_type' },
        { scope: 'authed_user.scope' },
      ),
    ),
  })
  .map(
    ({
      type,
      requirement,
      allowPrivateIps,
      identity,
      mapping,
      subjectClaim,
      params,
      dcrConfig,
      openIdDcrConfig,
      ...client
    }) => {
      const common = { clientId: 'gatehouse', additionalAuthorizationParams: params, ...client };
      const registered =
        dcrConfig === undefined ? {} : { dcrConfig, clientId: undefined, clientSecret: undefined };
      return {
        type,
        requirement,
        allowPrivateIps,
        ...(type === 'oidc'
          ? {
              oidcConfig: {
                issuerUrl: 'https://sso.acme.example',
                subjectClaim,
                ...common,
                ...(openIdDcrConfig === undefined
                  ? {}
                  : { dcrConfig: openIdDcrConfig, clientId: undefined, clientSecret: undefined }),
              },
            }
          : {
              oauth2Config: {
                authorizationEndpoint: 'https://octo.example/authorize',
                tokenEndpoint: 'https://octo.example/token',
                ...identity,
                tokenResponseMapping: mapping,
                ...common,
                ...registered,
              },
            }),
      };
    },
  );

const KNOWN_PROVIDER: Fields = { provider: 'github', clientId: 'gatehouse', clientSecret: { env: 'SECRET' } };
const PROGRAM: Fields = { command: ['node', 'server.mjs'] };

const backend = fc.record(
  {
    url: fc.constantFrom('https://a.example/mcp', 'http://b.internal/mcp'),
    transport: fc.constantFrom('streamable-http', 'sse'),
    timeout: duration,
    allowPrivateIps: fc.boolean(),
    insecureAllowHttp: fc.boolean(),
    requiredScopes: fc.constant(['x']),
  },
  { requiredKeys: ['url'] },
);

const native = fc
  .record({
    providers: fc.array(
      fc.oneof({ weight: 6, arbitrary: provider }, { weight: 1, arbitrary: fc.constant(KNOWN_PROVIDER) }),
      { minLength: 1, maxLength: 3 },
    ),
    backends: fc.array(
      fc.tuple(
        fc.oneof({ weight: 6, arbitrary: backend }, { weight: 1, arbitrary: fc.constant(PROGRAM) }),
        some(anyStrategy),
      ),
      { minLength: 1, maxLength: 4 },
    ),
    fallback: some(anyStrategy),
    isExternal: fc.boolean(),
    lifespans: fc.record({ accessTokenLifespan: some(duration), sessionLifespan: some(duration) }),
    signingKeys: some(fc.array(secretRef, { minLength: 1, maxLength: 2 })),
    metadata: some(
      fc.record({ enabled: fc.constantFrom(true, false, 'auto'), allowedHosts: fc.constant(['a.example']) }),
    ),
    incoming: some(
      fc.record({
        scopes: some(fc.constantFrom(['openid'], ['mcp'])),
        jwksUrl: some(fc.constant('https://login.example/jwks')),
        introspection: some(
          fc.record({
            url: fc.constant('https://login.example/ask'),
            clientId: fc.constant('gatehouse'),
            clientSecret: secretRef,
          }),
        ),
      }),
    ),
    aggregation: some(
      fc.record({
        conflictResolution: fc.constantFrom('prefix', 'manual'),
        maxNameLength: some(fc.constant(50)),
        tools: some(fc.constant([{ workload: 'b0', filter: ['one'], overrides: { one: { name: 'two' } } }])),
      }),
    ),
    telemetry: some(
      fc.record({
        otlp: some(
          fc.record(
            {
              endpoint: fc.constantFrom('https://collector.example:4318', 'http://collector:4318'),
              insecureAllowHttp: fc.boolean(),
              samplingRatio: fc.constantFrom(0, 0.25, 1, 1e-9),
              caBundle: fc.constantFrom({ file: '/run/ca.pem' }, { env: 'CA' }),
              headers: fc.constant({ Authorization: { env: 'COLLECTOR' } }),
            },
            { requiredKeys: ['endpoint'] },
          ),
        ),
        audit: some(fc.record({ enabled: fc.boolean() })),
      }),
    ),
    failureHandling: some(
      fc.record({
        healthCheckInterval: duration,
        healthyThreshold: some(fc.constant(2)),
        partialFailureMode: fc.constantFrom('fail', 'bestEffort'),
        circuitBreaker: fc.constant({ enabled: false, timeout: '7d' }),
      }),
    ),
  })
  .map(
    ({
      providers,
      backends,
      fallback,
      isExternal,
      lifespans,
      signingKeys,
      metadata,
      incoming,
      aggregation,
      telemetry,
      failureHandling,
    }) => {
      const base = parse(configurationText()) as Fields;
      const document = {
        ...base,
        authServer: isExternal
          ? undefined
          : {
              issuer: 'https://auth.acme.example',
              keyEncryptionKeys: [{ id: 'a', env: 'AS_KEK' }],
              tokenLifespans: lifespans,
              signingKeys,
              clientRegistration: { metadataDocuments: metadata },
              upstreamProviders: providers.map((one, index): Fields => ({ name: `p${index}`, ...one })),
            },
        incomingAuth:
          isExternal || incoming !== undefined
            ? {
                type: 'oidc',
                oidc: { ...incoming, ...(isExternal ? { issuer: 'https://login.example' } : {}) },
              }
            : undefined,
        backends: backends.map(([one], index): Fields => ({ name: `b${index}`, ...one })),
        outgoingAuth: {
          default: fallback,
          backends: Object.fromEntries(
            backends.flatMap(([, one], index) => (one === undefined ? [] : [[`b${index}`, one]])),
          ),
        },
        aggregation,
        telemetry,
        operational: { failureHandling, timeouts: { perWorkload: { b0: '7d' } } },
      };
      // What is undefined is not written.
      return JSON.parse(JSON.stringify(document)) as Fields;
    },
  );

describe('a configuration in either form means the same', () => {
  test('native, to manifests, and back', () => {
    let moved = 0;
    fc.assert(
      fc.property(native, (document) => {
        expect(modelOf(throughManifests(document))).toEqual(modelOf(document));
        moved += toManifests(document).objects.length;
      }),
      { numRuns: 300 },
    );
    expect(moved).toBeGreaterThan(900);
  });

  test.each(STRATEGIES)('a strategy of type $type: $said', ({ type, said, strategy }) => {
    const document = {
      ...(parse(configurationText()) as Fields),
      outgoingAuth: { backends: { repos: strategy } },
    };
    const { objects, beside } = toManifests(document);
    const types = objects.flatMap(({ kind, spec }) =>
      kind === 'MCPExternalAuthConfig' ? [(spec as Fields)['type']] : [],
    );
    expect(types).toEqual(said === 'whole' ? [type] : []);
    expect(beside['outgoingAuth']).toEqual(said === 'whole' ? undefined : document.outgoingAuth);
    expect(modelOf(throughManifests(document))).toEqual(modelOf(document));
  });

  test('manifests, to native, and back', () => {
    const read = fromManifests([{ document: 'all.yaml', text: textOf(manifests()) }], { document: 'all' });
    const written = parse(stringify(read.value)) as Fields;
    expect(modelOf(written)).toEqual(modelOf(read.value));
    expect(modelOf(throughManifests(written))).toEqual(modelOf(written));
    expect(toManifests(written).objects.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining([
        'VirtualMCPServer',
        'MCPServerEntry',
        'MCPExternalAuthConfig',
        'MCPOIDCConfig',
        'MCPGroup',
      ]),
    );
  });

  test('secrets stay references: no value is read, and references that manifests do not know stand beside them', () => {
    const { objects, beside } = toManifests(parse(configurationText()) as Fields);
    expect(JSON.stringify(objects)).not.toContain('"env"');
    expect(JSON.stringify(beside)).toContain('ACME_CLIENT_SECRET');
  });
});
