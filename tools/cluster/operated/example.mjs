/** The seed system's complete example, as somebody applies it, with the demonstration's providers and backends in the place of the internet's. */
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../../set-up/repository.mjs';
import { Cannot } from '../../set-up/say.mjs';
import { FULL_NAME } from '../cluster.mjs';
import { secret } from '../values.mjs';

const FILE = 'examples/from-toolhive/gatehouse-github-and-google.yaml';
export const GATEWAY = 'my-vmcp';
/** What the operator makes of it. */
export const CONFIG_MAP = `${GATEWAY}-gatehouse`;
/** What the chart of the services makes of its value `configuration`. */
export const INSTALLATION = `${FULL_NAME}-configuration`;
/** One backend more: with a key that everybody has, which can change. */
export const REPORTS = 'backend-reports';
export const REPORTS_KEY = 'reports-demo-key';
export const PROVIDER_SECRETS = 'provider-secrets';
const SIGNING_KEY = 'auth-signing-key';
/** Nobody gives it to the operator. */
export const UNLISTED = 'unlisted';
export const LISTED = [PROVIDER_SECRETS, SIGNING_KEY];

/** What is other here, in its order: names of the cluster, and what a browser finds at localhost. */
const STANDS_FOR = [
  [', namespace: toolhive-system', ''],
  [
    `metadata: { name: ${GATEWAY} }`,
    `metadata: { name: ${GATEWAY}, annotations: { gatehouse.dev/installation: ${INSTALLATION} } }`,
  ],
  ['https://mcp.example.com', 'http://localhost:4483'],
  ['https://auth.example.com', 'http://localhost:4484'],
  ['https://accounts.google.com', 'http://acme-sso:4486'],
  ['https://github.com/login/oauth/authorize', 'http://localhost:4487/login/oauth/authorize'],
  ['https://github.com/login/oauth/access_token', 'http://octo:4487/login/oauth/access_token'],
  ['https://api.github.com/user', 'http://octo:4487/user'],
  ['https://directory.example.com/mcp', 'http://tickets:4490/directory/mcp'],
  ['clientId: my-github-client', 'clientId: gatehouse'],
  ['clientId: my-google-client', 'clientId: gatehouse'],
  [
    '      backend-google: {',
    `      ${REPORTS}: { type: externalAuthConfigRef, externalAuthConfigRef: { name: key-of-reports } }\n      backend-google: {`,
  ],
];

const FURTHER = [
  `apiVersion: toolhive.stacklok.dev/v1beta1
kind: MCPServerEntry
metadata: { name: ${REPORTS} }
spec:
  groupRef: { name: my-backends }
  remoteUrl: http://tickets:4490/reports/mcp
  transport: streamable-http
`,
  `apiVersion: toolhive.stacklok.dev/v1beta1
kind: MCPExternalAuthConfig
metadata: { name: key-of-reports }
spec:
  type: headerInjection
  headerInjection: { headerName: X-Api-Key, valueSecretRef: { name: ${PROVIDER_SECRETS}, key: reports } }
`,
];

/** @returns {string[]} each object by itself, without the document that has no kind: that is what the installation says */
export function exampleObjects() {
  let text = readFileSync(join(REPOSITORY, FILE), 'utf8');
  for (const [written, here] of STANDS_FOR) {
    if (!text.includes(written)) throw new Cannot(`${FILE} has no "${written}" any more.`);
    text = text.replaceAll(written, here);
  }
  return [...text.split(/^---$/m).filter((one) => /^kind: /m.test(one)), ...FURTHER];
}

/** One of them, as it is, and with a mistake. */
export function objectOf(kind, name) {
  const found = exampleObjects().find(
    (one) => one.includes(`kind: ${kind}\n`) && one.includes(`metadata: { name: ${name}`),
  );
  if (found === undefined) throw new Cannot(`${FILE} has no ${kind} ${name} any more.`);
  return found;
}

export const providerSecrets = (reports = REPORTS_KEY) =>
  secret(PROVIDER_SECRETS, { github: 'octo-demo-secret', google: 'acme-demo-secret', reports });

/** Everything that the example refers to, and something that it must not. */
export const exampleSecrets = () => [
  providerSecrets(),
  secret(SIGNING_KEY, {
    'private-key': generateKeyPairSync('ec', { namedCurve: 'P-256' })
      .privateKey.export({ type: 'pkcs8', format: 'pem' })
      .toString(),
  }),
  secret(UNLISTED, { reports: REPORTS_KEY }),
];

/** The providers send people back to callbacks of these names, and their tokens outlast the test. */
export const DEMONSTRATION_FLAGS = [
  ...['github', 'google'].map((name) => `--callback-url=http://localhost:4484/oauth/callback/${name}`),
  '--acme-access-token-ttl=3600',
  '--octo-access-token-ttl=3600',
];

/** Whose token has to arrive at each backend of the example (load-program.mjs). */
export const BACKENDS = 'backend-github=octo- backend-google=acme-';

/**
 * Mistakes, and what their conditions have to say: path and remedy.
 * @type {{kind: string, name: string, written: string, instead: string, says: RegExp}[]}
 */
export const MISTAKES = [
  {
    kind: 'MCPExternalAuthConfig',
    name: 'inject-github',
    written: 'providerName: github',
    instead: 'providerName: gitbub',
    says: /^MCPExternalAuthConfig\/inject-github spec\.upstreamInject\.providerName: .*gitbub.* Write instead: .*github/s,
  },
  {
    kind: 'MCPOIDCConfig',
    name: 'my-oidc-config',
    written: 'inline: { issuer:',
    instead: 'inline: { isuer: http://localhost:4484, issuer:',
    says: /^MCPOIDCConfig\/my-oidc-config spec\.inline\.isuer: /m,
  },
  {
    kind: 'MCPExternalAuthConfig',
    name: 'key-of-reports',
    written: 'key: reports',
    instead: 'key: report',
    says: /^MCPExternalAuthConfig\/key-of-reports spec\.headerInjection.*The Secret provider-secrets has no key report\./m,
  },
  {
    kind: 'MCPExternalAuthConfig',
    name: 'key-of-reports',
    written: `name: ${PROVIDER_SECRETS}`,
    instead: `name: ${UNLISTED}`,
    says: /^MCPExternalAuthConfig\/key-of-reports spec\.headerInjection.*The operator may not read the Secret unlisted\. Add it to reads\.secrets/m,
  },
];
