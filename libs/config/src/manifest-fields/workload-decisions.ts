import { noEffect, refused, type Decisions } from './decision.js';

const RUN_ELSEWHERE = noEffect(
  'the server is run by whoever runs it now; Gatehouse calls it at its Service.',
);
const NOT_RUN = noEffect('no proxy is run: the gateway calls remoteUrl itself.');
const CALLERS = noEffect('callers are authenticated by the incomingAuth of the VirtualMCPServer.');
const AUTHORIZED = refused('who may call what is decided once, at the gateway.', {
  instead: 'the policies in incomingAuth.authzConfig of the VirtualMCPServer',
});
const HEADERS = refused(
  'only one header from a Secret can be sent, and only without externalAuthConfigRef.',
  {
    instead: 'a Secret with the value, under addHeadersFromSecret',
  },
);

/** Of what stands between a backend and its callers in the seed system: guards that would be gone are refused. */
const mcpServer: Decisions = {
  args: RUN_ELSEWHERE,
  audit: RUN_ELSEWHERE,
  authServerRef: RUN_ELSEWHERE,
  authzConfig: RUN_ELSEWHERE,
  authzConfigRef: RUN_ELSEWHERE,
  backendReplicas: RUN_ELSEWHERE,
  endpointPrefix: RUN_ELSEWHERE,
  env: RUN_ELSEWHERE,
  image: RUN_ELSEWHERE,
  mcpPort: RUN_ELSEWHERE,
  oidcConfigRef: RUN_ELSEWHERE,
  permissionProfile: RUN_ELSEWHERE,
  podTemplateSpec: RUN_ELSEWHERE,
  rateLimiting: RUN_ELSEWHERE,
  replicas: RUN_ELSEWHERE,
  resourceOverrides: RUN_ELSEWHERE,
  resources: RUN_ELSEWHERE,
  secrets: RUN_ELSEWHERE,
  serviceAccount: RUN_ELSEWHERE,
  sessionAffinity: RUN_ELSEWHERE,
  sessionStorage: RUN_ELSEWHERE,
  telemetryConfigRef: RUN_ELSEWHERE,
  toolConfigRef: RUN_ELSEWHERE,
  trustProxyHeaders: RUN_ELSEWHERE,
  volumes: RUN_ELSEWHERE,
  webhookConfigRef: RUN_ELSEWHERE,
};

const mcpRemoteProxy: Decisions = {
  audit: NOT_RUN,
  authServerRef: CALLERS,
  authzConfig: AUTHORIZED,
  authzConfigRef: AUTHORIZED,
  endpointPrefix: NOT_RUN,
  'headerForward.addPlaintextHeaders': HEADERS,
  oidcConfigRef: CALLERS,
  podTemplateSpec: NOT_RUN,
  proxyPort: NOT_RUN,
  replicas: NOT_RUN,
  resourceOverrides: NOT_RUN,
  resources: NOT_RUN,
  serviceAccount: NOT_RUN,
  sessionAffinity: NOT_RUN,
  sessionStorage: NOT_RUN,
  telemetryConfigRef: NOT_RUN,
  trustProxyHeaders: NOT_RUN,
};

export const WORKLOAD_DECISIONS = {
  MCPServer: mcpServer,
  MCPRemoteProxy: mcpRemoteProxy,
  MCPServerEntry: {
    'caBundleRef.configMapRef.optional': noEffect('a bundle that is written has to be there.'),
    'headerForward.addPlaintextHeaders': HEADERS,
  },
} satisfies Record<string, Decisions>;
