import { AUTH_SERVER_DECISIONS } from './auth-server-decisions.js';
import { noEffect, refused, type Decisions } from './decision.js';
import type { Kind } from './kinds.js';
import { TELEMETRY_DECISIONS } from './telemetry-decisions.js';
import { WORKLOAD_DECISIONS } from './workload-decisions.js';

const DEPLOYED_ELSEWHERE = noEffect('Gatehouse is deployed by its own manifests, not by this object.');
const SESSIONS = noEffect('MCP sessions live on the bus (NATS), shared by all replicas.');
const NO_COMPOSITES = refused('tools made of several calls are not supported.');
const NO_OPTIMIZER = refused('searching tools instead of listing them is not supported.');
const NO_CODE = noEffect('code that calls tools is not run here.');
const AUDIT_LINES = noEffect(
  'every audit line has the same fields, in the log of each service (docs/telemetry.md).',
);
const OPERATORS = (place: string) =>
  refused(`the seed system overwrites it with ${place}.`, { instead: `${place}, and nothing here` });

const GROUP_DESCRIPTION = noEffect('it is for people who read the manifests.');

const virtualMcpServer: Decisions = {
  ...AUTH_SERVER_DECISIONS,
  'config.audit.component': AUDIT_LINES,
  'config.audit.detectApplicationErrors': AUDIT_LINES,
  'config.audit.maxDataSize': AUDIT_LINES,
  'config.audit.maxDelegationDepth': AUDIT_LINES,
  'config.audit.eventTypes': refused('audit lines of one kind cannot be chosen; all are written.'),
  'config.audit.excludeEventTypes': refused('audit lines of one kind cannot be left out; all are written.'),
  'config.audit.includeRequestData': refused(
    'values of arguments stand in audit lines only where they are named.',
    {
      instead: 'telemetry.audit.arguments in a gatehouse.yaml beside the manifests',
      allows: [false],
    },
  ),
  'config.audit.includeResponseData': refused('answers never stand in audit lines.', { allows: [false] }),
  'config.audit.logFile': refused('audit lines go to the log (standard output).'),
  'config.backends[].metadata': noEffect('nothing reads it.'),
  'config.backends[].type': noEffect('every backend here is a URL.'),
  'config.codeMode.enabled': refused('code that calls tools is not run here.', { allows: [false] }),
  'config.codeMode.parallelMaxConcurrency': NO_CODE,
  'config.codeMode.stepLimit': NO_CODE,
  'config.codeMode.toolCallTimeout': NO_CODE,
  'config.compositeToolRefs': NO_COMPOSITES,
  'config.compositeTools': NO_COMPOSITES,
  'config.groupRef': OPERATORS('spec.groupRef.name'),
  'config.incomingAuth': OPERATORS('spec.incomingAuth'),
  'config.metadata': noEffect('nothing reads it.'),
  'config.name': noEffect('the gateway has the name of the object.'),
  'config.operational.failureHandling.statusReportingInterval': noEffect(
    'the state of backends is answered when it is asked for (/status), not reported.',
  ),
  'config.operational.logLevel': noEffect('logs have one level of detail.'),
  'config.optimizer': NO_OPTIMIZER,
  'config.outgoingAuth': OPERATORS('spec.outgoingAuth'),
  'config.passthroughHeaders': OPERATORS('spec.passthroughHeaders'),
  'config.sessionStorage': SESSIONS,
  ...TELEMETRY_DECISIONS,
  embeddingServerRef: NO_OPTIMIZER,
  imagePullSecrets: DEPLOYED_ELSEWHERE,
  'incomingAuth.authzConfig.inline.primaryUpstreamProvider': refused(
    'claims come from the provider that decides who the person is.',
    { instead: 'spec.authServerConfig.primaryUpstreamProvider' },
  ),
  'outgoingAuth.source': noEffect(
    'with either source an entry of backends counts, then what the backend itself names, then default.',
  ),
  podTemplateSpec: DEPLOYED_ELSEWHERE,
  replicas: DEPLOYED_ELSEWHERE,
  serviceAccount: DEPLOYED_ELSEWHERE,
  serviceType: DEPLOYED_ELSEWHERE,
  sessionAffinity: noEffect('every replica serves every session.'),
  sessionStorage: SESSIONS,
  telemetryConfigRef: refused('traces and metrics are set up for the whole installation.', {
    instead: 'telemetry.otlp in a gatehouse.yaml beside the manifests',
  }),
};

const externalAuthConfig: Decisions = {
  embeddedAuthServer: refused('an authorization server is no credential of a backend.', {
    instead: 'spec.authServerConfig of the VirtualMCPServer',
  }),
};

const oidcConfig: Decisions = {
  'inline.caBundleRef.configMapRef.optional': noEffect('a bundle that is written has to be there.'),
  'inline.jwksAuthTokenPath': refused('keys are fetched without a credential.'),
  'inline.protectedResourceAllowPrivateIP': noEffect('the metadata of the gateway is served, never fetched.'),
  'kubernetesServiceAccount.introspectionUrl': refused(
    'tokens of service accounts are signed JWTs, and a cluster has no introspection of RFC 7662.',
    { instead: 'jwksUrl, or nothing' },
  ),
};

/** Decisions by kind. What is not named here is honoured. */
export const DECISIONS: Readonly<Record<Kind, Decisions>> = {
  VirtualMCPServer: virtualMcpServer,
  MCPExternalAuthConfig: externalAuthConfig,
  MCPOIDCConfig: oidcConfig,
  ...WORKLOAD_DECISIONS,
  MCPGroup: { description: GROUP_DESCRIPTION },
  MCPToolConfig: {},
  MCPAuthzConfig: {},
};
