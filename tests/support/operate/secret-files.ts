import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SERVICES } from '@gatehouse/kernel/services';
import { passwordVariable } from '@gatehouse/messaging/nats-configuration';
import type { World } from '@gatehouse/testing/world';

/** Where containers have the folder of their service (examples/compose/gatehouse.yaml). */
const MOUNT = '/run/secrets/';

/**
 * What is exchanged in an installation is a file: `env: NATS_CREDENTIALS` becomes `file: /run/secrets/nats-credentials`. What others gave to it
 * stays a variable, because vault and proxy compare what they do for a backend, and here they see files at different paths.
 */
export const withSecretFiles = (yaml: string): string =>
  yaml.replaceAll(
    /\benv: (\w+(?:_CREDENTIALS|_DATABASE_URL|_ENCRYPTION_KEY|_REQUEST_KEY))\b/g,
    (_all, name: string) => `file: ${MOUNT}${name.toLowerCase().replaceAll('_', '-')}`,
  );

/** As somebody sees it who has that folder at the mount. */
export const mounted = (yaml: string, folder: string): string => yaml.replaceAll(MOUNT, `${folder}/`);

/** `secrets/<service>/<name>` for each service, for those who run commands, and the passwords of the bus for NATS. */
export async function writeSecretFiles(
  folder: string,
  { databases, nats }: Pick<World, 'databases' | 'nats'>,
): Promise<void> {
  const key = () => randomBytes(32).toString('base64url');
  const ofServer = {
    'authorization-server-database-url': databases['authorization-server'].url.reveal(),
    'authorization-server-key-encryption-key': key(),
    'vault-request-key': nats.requestKey.reveal(),
  };
  const ofVault = {
    'token-vault-database-url': databases['token-vault'].url.reveal(),
    'token-vault-key-encryption-key': key(),
    'vault-request-key': nats.requestKey.reveal(),
  };
  const credentials = Object.fromEntries(
    SERVICES.map((service) => [service, `${service}:${nats.optionsOf(service).password.reveal()}`]),
  );
  const { user, pass } = nats.provisioning;
  const files: Readonly<Record<string, Readonly<Record<string, string | undefined>>>> = {
    'authorization-server': { ...ofServer, 'nats-credentials': credentials['authorization-server'] },
    'token-vault': { ...ofVault, 'nats-credentials': credentials['token-vault'] },
    'vmcp-proxy': { 'nats-credentials': credentials['vmcp-proxy'] },
    // What commands read: both databases, and what the authorization server has of the bus.
    operator: {
      ...ofVault,
      ...ofServer,
      'nats-credentials': credentials['authorization-server'],
      'nats-provisioning-credentials': `${user}:${pass}`,
    },
    nats: Object.fromEntries([
      ...SERVICES.map((service) => [passwordVariable(service), nats.optionsOf(service).password.reveal()]),
      [passwordVariable('provisioning'), pass],
    ]) as Readonly<Record<string, string>>,
  };
  for (const [owner, values] of Object.entries(files)) {
    const own = join(folder, 'secrets', owner);
    await mkdir(own, { recursive: true, mode: 0o700 });
    for (const [name, value = ''] of Object.entries(values))
      await writeFile(join(own, name), value, { mode: 0o600 });
  }
}
