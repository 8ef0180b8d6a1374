/** What tools/checks/manifest-fields.mjs sets up around a field, so that it has something to say. */
import { coreObject, manifest } from '../libs/config/dist/from-manifests/manifests.fixture.js';
import { OIDC_SCENES } from './manifest-oidc-scenes.mjs';

const OPAQUE = {
  introspectionUrl: 'https://a.example/ask',
  clientId: 'a',
  clientSecretRef: { name: 'a', key: 'b' },
};
const OAUTH2 = 'authServerConfig.upstreamProviders[].oauth2Config';

/**
 * One change for several beginnings.
 * @returns {readonly (readonly [string, string, (spec: any, all: any, pattern: string) => void])[]}
 */
function scenes(kind, beginnings, change) {
  return beginnings.map((beginning) => /** @type {const} */ ([kind, beginning, change]));
}

/** A strategy of a type, in the place of the one that is there. */
const strategy = (type, block) =>
  /** @type {const} */ ([
    'MCPExternalAuthConfig',
    type,
    (/** @type {any} */ spec) => {
      delete spec.upstreamInject;
      Object.assign(spec, { type, [type]: structuredClone(block) });
    },
  ]);

/**
 * What has to be there, or away, for a field to say something. By kind and the beginning of the pattern; all that fit count.
 * @type {readonly (readonly [kind: string, beginning: string, change: (spec: any, all: any, pattern: string) => void])[]}
 */
export const SCENES = [
  strategy('obo', { tenantId: 'tenant', clientId: 'gatehouse', clientSecretRef: { name: 'a', key: 'b' } }),
  strategy('awsSts', {
    region: 'us-east-1',
    roleMappings: [{ claim: 'admins', roleArn: 'arn:aws:iam::111122223333:role/Admin' }],
  }),
  strategy('xaa', {
    idpTokenUrl: 'https://idp.example/token',
    idpClientSecretRef: { name: 'a', key: 'b' },
    targetTokenUrl: 'https://target.example/token',
    targetClientSecretRef: { name: 'a', key: 'b' },
    targetAudience: 'https://target.example',
  }),
  [
    'VirtualMCPServer',
    `${OAUTH2}.dcrConfig`,
    (spec, _all, pattern) => {
      const config = spec.authServerConfig.upstreamProviders[1].oauth2Config;
      delete config.clientId;
      delete config.clientSecretRef;
      config.dcrConfig = { initialAccessTokenRef: { name: 'a', key: 'b' } };
      if (!pattern.endsWith('registrationEndpoint'))
        config.dcrConfig.discoveryUrl = 'https://a.example/.well-known/oauth-authorization-server';
    },
  ],
  [
    'VirtualMCPServer',
    'authServerConfig.signingKeySecretRefs[]',
    (spec) => {
      spec.authServerConfig.signingKeySecretRefs = [{ name: 'a', key: 'b' }];
    },
  ],
  ...OIDC_SCENES,
  ...scenes(
    'MCPOIDCConfig',
    ['inline.introspectionUrl', 'inline.clientId', 'inline.clientSecretRef'],
    (spec) => Object.assign(spec.inline, structuredClone(OPAQUE)),
  ),
  ...['MCPRemoteProxy', 'MCPServer', 'MCPServerEntry', 'VirtualMCPServer'].flatMap((kind) =>
    scenes(kind, ['groupRef'], (_spec, all) => all.push(manifest('MCPGroup', 'changed-value'))),
  ),
  [
    'MCPServerEntry',
    'caBundleRef.configMapRef',
    (spec) => {
      spec.caBundleRef = { configMapRef: { name: 'a', key: 'b' } };
    },
  ],
  [
    'VirtualMCPServer',
    'config.aggregation.tools',
    (spec) => {
      spec.config = { aggregation: { tools: [{ workload: 'repos' }] } };
    },
  ],
  [
    'VirtualMCPServer',
    'config.aggregation.tools[].toolConfigRef',
    (_spec, all) => {
      all.push(manifest('MCPToolConfig', 'changed-value', { toolsFilter: ['one'] }));
    },
  ],
  [
    'VirtualMCPServer',
    'incomingAuth.authzConfig',
    (spec) => {
      spec.incomingAuth.authzConfig = {
        type: 'inline',
        inline: { policies: ['permit(principal, action, resource);'] },
      };
    },
  ],
  [
    'VirtualMCPServer',
    'incomingAuth.authzConfig.type',
    (spec) => {
      spec.incomingAuth.authzConfig = {};
    },
  ],
  [
    'VirtualMCPServer',
    'incomingAuth.authzConfig.configMap',
    (spec, all) => {
      spec.incomingAuth.authzConfig = { type: 'configMap', configMap: { name: 'policies', key: 'a' } };
      all.push(
        coreObject('ConfigMap', 'policies', { data: { a: policies('1'), 'changed-value': policies('2') } }),
      );
      all.push(coreObject('ConfigMap', 'changed-value', { data: { a: policies('3') } }));
    },
  ],
  [
    'VirtualMCPServer',
    'incomingAuth.authzConfigRef',
    (_spec, all) => {
      all.push(
        manifest('MCPAuthzConfig', 'changed-value', {
          type: 'cedarv1',
          config: { policies: ['permit(principal, action, resource);'] },
        }),
      );
    },
  ],
  [
    'VirtualMCPServer',
    'incomingAuth.oidcConfigRef.name',
    (_spec, all) => {
      all.push(
        manifest('MCPOIDCConfig', 'changed-value', {
          type: 'inline',
          inline: { issuer: 'https://changed.example' },
        }),
      );
    },
  ],
  [
    'VirtualMCPServer',
    'outgoingAuth.default',
    (spec) => {
      spec.outgoingAuth.default = {
        type: 'externalAuthConfigRef',
        externalAuthConfigRef: { name: 'exchange' },
      };
    },
  ],
  [
    'VirtualMCPServer',
    'outgoingAuth.default.type',
    (spec) => {
      spec.outgoingAuth.default = { externalAuthConfigRef: { name: 'api-key' } };
    },
  ],
  [
    'VirtualMCPServer',
    'outgoingAuth',
    (_spec, all) => {
      all.push(
        manifest('MCPExternalAuthConfig', 'changed-value', {
          type: 'upstreamInject',
          upstreamInject: { providerName: 'acme-sso' },
        }),
      );
    },
  ],
  [
    'VirtualMCPServer',
    `${OAUTH2}.identityFromToken`,
    (spec, _all, pattern) => {
      const config = spec.authServerConfig.upstreamProviders[1].oauth2Config;
      delete config.userInfo;
      if (!pattern.endsWith('identityFromToken')) config.identityFromToken = { subjectPath: 'a' };
    },
  ],
  [
    'VirtualMCPServer',
    'config.rateLimiting',
    (spec) => {
      spec.config = {
        rateLimiting: {
          perUser: { maxTokens: 1, refillPeriod: '1s' },
          shared: { maxTokens: 1, refillPeriod: '1s' },
        },
      };
    },
  ],
  [
    'VirtualMCPServer',
    'config.rateLimiting.tools',
    (spec) => {
      const limit = { maxTokens: 1, refillPeriod: '1s' };
      spec.config = { rateLimiting: { tools: [{ name: 'repos_search', perUser: limit, shared: limit }] } };
    },
  ],
  [
    'VirtualMCPServer',
    'config.telemetry',
    (spec) => {
      spec.config = { telemetry: { endpoint: 'collector:4318', tracingEnabled: true } };
    },
  ],
  strategy('bearerToken', { tokenSecretRef: { name: 'a', key: 'b' } }),
  ['MCPExternalAuthConfig', 'headerInjection', (_spec, all) => use(all, 'api-key')],
  ['MCPExternalAuthConfig', 'tokenExchange', (_spec, all) => use(all, 'exchange')],
  [
    'MCPExternalAuthConfig',
    'type',
    (spec) => {
      spec.unauthenticated = undefined;
    },
  ],
  [
    'MCPRemoteProxy',
    'toolConfigRef',
    (_spec, all) => {
      all.push(manifest('MCPToolConfig', 'changed-value', { toolsFilter: ['one'] }));
    },
  ],
  [
    'MCPRemoteProxy',
    'externalAuthConfigRef',
    (_spec, all) => {
      all.push(manifest('MCPExternalAuthConfig', 'changed-value', { type: 'unauthenticated' }));
    },
  ],
  [
    'MCPRemoteProxy',
    'headerForward',
    (spec) => {
      delete spec.externalAuthConfigRef;
    },
  ],
  [
    'MCPServer',
    'externalAuthConfigRef',
    (_spec, all) => {
      all.push(manifest('MCPExternalAuthConfig', 'changed-value', { type: 'unauthenticated' }));
    },
  ],
  [
    'MCPServer',
    'proxyMode',
    (spec) => {
      spec.transport = 'stdio';
    },
  ],
  [
    'MCPServerEntry',
    'externalAuthConfigRef',
    (_spec, all) => {
      discovered(all);
      all.push(
        manifest('MCPExternalAuthConfig', 'changed-value', {
          type: 'upstreamInject',
          upstreamInject: { providerName: 'octo' },
        }),
      );
    },
  ],
  ['MCPServerEntry', 'headerForward', (_spec, all) => discovered(all)],
  [
    'MCPToolConfig',
    '',
    (_spec, all) => {
      specOf(all, 'MCPRemoteProxy').toolConfigRef = { name: 'tools' };
    },
  ],
  [
    'MCPAuthzConfig',
    '',
    (_spec, all) => {
      specOf(all, 'VirtualMCPServer').incomingAuth.authzConfigRef = { name: 'shared' };
    },
  ],
];

const policies = (id) =>
  JSON.stringify({
    version: '1.0',
    type: 'cedarv1',
    cedar: { policies: [`permit(principal, action, resource == Tool::"${id}");`] },
  });
export const specOf = (all, kind) => (all.find((object) => object.kind === kind).spec ??= {});
/** The object that a strategy is written in becomes the first of its kind. */
const use = (all, name) => {
  const found = all.findIndex(({ metadata }) => metadata.name === name);
  all.unshift(...all.splice(found, 1));
};
const discovered = (all) => {
  specOf(all, 'VirtualMCPServer').outgoingAuth = { source: 'discovered' };
};
