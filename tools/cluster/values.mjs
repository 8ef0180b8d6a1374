import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../set-up/repository.mjs';
import { mustRun } from '../set-up/run.mjs';
import { Cannot } from '../set-up/say.mjs';
import { BROWSER_WAYS, PORTS, peer } from './demonstration.mjs';
import { FULL_NAME } from './cluster.mjs';

const EXAMPLE = join(REPOSITORY, 'examples/compose/gatehouse.yaml');
export const PROGRAM = join(REPOSITORY, 'apps/gatehouse/dist/main.js');

/** Everybody's is renewed every five seconds (load-program.mjs): also while what renews them rolls. */
const ACCESS_TOKEN_LIFESPAN = '15s';

/** The gateway of docker-compose.yml with nothing before it: browsers find it at localhost. Its bus is where the chart has it. */
export function configuration() {
  const own = `authServer:\n  issuer: http://localhost:4484\n  tokenLifespans: { accessTokenLifespan: ${ACCESS_TOKEN_LIFESPAN} }\n`;
  const changed = readFileSync(EXAMPLE, 'utf8')
    .replace(/^publicUrl: .*$/m, 'publicUrl: http://localhost:4483')
    .replace(/^ {2}(issuer|trustedProxies): .*\n/gm, '')
    .replace(/^authServer:.*\n/m, own)
    .replace('nats://nats:4222', `nats://${FULL_NAME}-nats:4222`);
  if (!changed.includes(own) || !changed.includes(FULL_NAME))
    throw new Cannot('examples/compose/gatehouse.yaml has no authServer or no bus where it had one.');
  return changed;
}

/** Letters and digits, a letter first: the bus reads its passwords as values of its configuration. */
const password = () => `p${randomBytes(24).toString('hex')}`;

/**
 * Writes what `helm install` is given, and makes what it refers to.
 * @returns {Promise<{files: string[], secrets: object[]}>} files of values, and Secrets
 */
export async function valuesFor(node, folder, images, storage) {
  const made = await helmValues(node, folder, configuration());
  const own = { ...ownValues(images, storage), test: MAIN_JOB };
  return { files: writeValues(folder, 'services', [made, JSON.stringify(own)]), secrets: secretsFor(made) };
}

/** What `gatehouse helm-values` makes of a configuration. */
export async function helmValues(node, folder, text) {
  const file = join(folder, 'gatehouse.yaml');
  writeFileSync(file, text);
  return await mustRun(node, [PROGRAM, 'helm-values', file]);
}

/**
 * @param {string} folder
 * @param {string} name of the release that they are for
 * @param {string[]} texts each goes on top of those before it; JSON is YAML
 * @returns {string[]} their files
 */
export const writeValues = (folder, name, texts) =>
  texts.map((text, index) => {
    const file = join(folder, `values-of-${name}-${index}.yaml`);
    writeFileSync(file, text);
    return file;
  });

const egress = (...parts) => [{ to: [peer], ports: parts.map((part) => ({ port: PORTS[part] })) }];

export const ownValues = (images, storage) => ({
  image: { registry: images.registry, tag: images.tag },
  postgres: {
    mode: 'bundled',
    existingSecret: 'gatehouse-postgres',
    bundled: { image: images.postgres, runAsUser: images.postgresUser, storage },
  },
  // One server: what is looked at is the services, and three need a machine each.
  nats: { mode: 'bundled', existingSecret: 'gatehouse-nats', replicas: 1, image: images.nats, storage },
  authorizationServer: { replicas: 2 },
  tokenVault: { replicas: 2, networkPolicy: { egress: egress('acme-sso', 'octo', 'sts') } },
  vmcpProxy: {
    replicas: 2,
    autoscaling: { enabled: false },
    networkPolicy: { egress: egress('repos', 'tickets') },
  },
  networkPolicy: dnsPeers(),
});

/** Where pods ask for names, if not in kube-system. */
export const dnsPeers = () =>
  process.env.CLUSTER_DNS === undefined
    ? {}
    : { dnsTo: [{ ipBlock: { cidr: `${process.env.CLUSTER_DNS}/32` } }] };

const MAIN_JOB = {
  mainJob: {
    enabled: true,
    ways: BROWSER_WAYS,
    networkPolicy: { egress: egress('acme-sso', 'octo') },
  },
};

/** As `helm-values` says at its top: `#   gatehouse-token-vault: key, key` */
function neededSecrets(made) {
  const needed = [...made.matchAll(/^# {3}([a-z0-9-]+): (.+)$/gm)];
  if (needed.length === 0) throw new Cannot('`gatehouse helm-values` names no Secret.');
  // Another one is named by the configuration itself, and made by whoever wrote that.
  return needed
    .filter(([, name]) => name.startsWith('gatehouse-'))
    .map(([, name, keys]) => ({ name, keys: keys.split(', ') }));
}

/**
 * @param {string} made values of `helm-values`
 * @returns {object[]} every Secret that they name, and those of the bundled parts
 */
export function secretsFor(made) {
  const needed = neededSecrets(made);
  const database = {
    authorization_server: password(),
    token_vault: password(),
    token_vault_owner: password(),
  };
  const bus = Object.fromEntries(
    ['authorization-server', 'token-vault', 'vmcp-proxy', 'provisioning'].map((user) => [user, password()]),
  );
  const url = (role) => `postgres://${role}:${database[role]}@${FULL_NAME}-postgres:5432/gatehouse`;
  const requestKey = randomBytes(32).toString('base64url');
  const values = {
    'authorization-server-database-url': url('authorization_server'),
    'token-vault-database-url': url('token_vault'),
    'token-vault-owner-database-url': url('token_vault_owner'),
    'nats-provisioning-credentials': `provisioning:${bus.provisioning}`,
    'vault-request-key': requestKey,
    // What the demonstration's parts know.
    'acme-sso-client-secret': 'acme-demo-secret',
    'octo-client-secret': 'octo-demo-secret',
    'sts-client-secret': 'sts-demo-secret',
    'reports-api-key': 'reports-demo-key',
  };
  const valueOf = (name, key) => {
    // Of each service its own.
    if (key === 'key-encryption-key') return randomBytes(32).toString('base64url');
    if (key === 'nats-credentials') {
      const user = name.replace(/^gatehouse-/, '');
      return `${user}:${bus[user]}`;
    }
    if (values[key] === undefined) throw new Cannot(`The test has no value for the key ${key} of ${name}.`);
    return values[key];
  };
  return [
    ...needed.map(({ name, keys }) =>
      secret(name, Object.fromEntries(keys.map((key) => [key, valueOf(name, key)]))),
    ),
    secret('gatehouse-postgres', {
      'postgres-password': password(),
      'authorization-server-database-password': database.authorization_server,
      'token-vault-database-password': database.token_vault,
      'token-vault-owner-database-password': database.token_vault_owner,
    }),
    secret('gatehouse-nats', {
      NATS_CLUSTER_PASSWORD: password(),
      ...Object.fromEntries(
        Object.entries(bus).map(([user, word]) => [
          `NATS_PASSWORD_${user.toUpperCase().replaceAll('-', '_')}`,
          word,
        ]),
      ),
    }),
  ];
}

export const secret = (name, stringData) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name },
  stringData,
});
