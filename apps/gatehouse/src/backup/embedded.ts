import { resolve } from 'node:path';
import { z } from 'zod';
import { Cannot } from '../cannot.js';
import type { Environment } from '../configuration.js';
import { demonstrationValues, keyEncryptionKeys } from '../up/demonstration.js';
import { databaseUrl, runningPostgresPort, startPostgres } from '../up/postgres.js';
import { Processes } from '../up/processes.js';
import { StateFolder, type GeneratedSecrets } from '../up/state.js';
import { anyFreePort } from '../up/taken-ports.client.js';

/** The databases and keys of `gatehouse up`, which are in its state folder. */
export interface EmbeddedInstallation {
  readonly state: StateFolder;
  readonly secrets: GeneratedSecrets;
  /** What the configuration refers to. */
  readonly environment: Environment;
  /** The same, with the folder's own secrets where others are to take their place. */
  readonly ownEnvironment: Environment;
}

interface Given {
  readonly environment: Environment;
  readonly isDemonstration: boolean;
  /** Whether the gateway may run meanwhile. */
  readonly mayRun: boolean;
  /** Secrets that take the place of those of the folder. */
  readonly instead?: Partial<GeneratedSecrets>;
  /** Whether a folder that is made for this is worth keeping although it failed. Left out: it is not. */
  readonly isWorthKeeping?: () => boolean;
}

/** Uses the Postgres of a state folder: the one that runs, or one that is started for as long as this takes. */
export async function withEmbedded<Value>(
  folder: string,
  given: Given,
  use: (installation: EmbeddedInstallation) => Promise<Value>,
): Promise<Value> {
  const path = resolve(folder);
  const running = given.mayRun ? StateFolder.ofRunning(path) : undefined;
  if (running !== undefined) {
    const port = runningPostgresPort(running);
    if (port === undefined)
      throw new Cannot(
        `The gateway of ${path} uses a database of its own choice: name it by its configuration instead of its state: --config <file>`,
        'usage',
      );
    return await use(installationOf(running, port, given));
  }
  const state = StateFolder.open(path);
  const processes = new Processes(state.path('logs'));
  let hasFailed = true;
  try {
    const port = await anyFreePort();
    await startPostgres(state, processes, port);
    const value = await use(installationOf(state, port, given));
    hasFailed = false;
    return value;
  } finally {
    await processes.stop();
    if (hasFailed && given.isWorthKeeping?.() !== true) state.discard();
    state.release();
  }
}

function installationOf(
  state: StateFolder,
  port: number,
  { environment, isDemonstration, instead }: Given,
): EmbeddedInstallation {
  const secrets = { ...state.secrets, ...instead };
  const environmentOf = (of: GeneratedSecrets): Environment => ({
    ...(isDemonstration ? demonstrationValues(of) : { ...keyEncryptionKeys(of), ...environment }),
    AUTHORIZATION_SERVER_DATABASE_URL: databaseUrl(
      'authorization_server',
      of.authorizationServerDatabasePassword,
      port,
    ),
    TOKEN_VAULT_DATABASE_URL: databaseUrl('token_vault', of.tokenVaultDatabasePassword, port),
  });
  return {
    state,
    secrets,
    environment: environmentOf(secrets),
    ownEnvironment: environmentOf(state.secrets),
  };
}

/** Of what `up` makes, what opens and proves what is stored. Passwords belong to a database server and a bus, and stay with them. */
const KEPT_SECRETS = [
  'authorizationServerKeyEncryptionKey',
  'tokenVaultKeyEncryptionKey',
  'vaultRequestKey',
] as const satisfies readonly (keyof GeneratedSecrets)[];

export const keptSecrets = (secrets: GeneratedSecrets): string =>
  JSON.stringify(Object.fromEntries(KEPT_SECRETS.map((name) => [name, secrets[name]])));

const kept = z.strictObject({
  authorizationServerKeyEncryptionKey: z.string().min(1),
  tokenVaultKeyEncryptionKey: z.string().min(1),
  vaultRequestKey: z.string().min(1),
} satisfies Record<(typeof KEPT_SECRETS)[number], z.ZodString>);

export const readKeptSecrets = (text: string): Partial<GeneratedSecrets> => kept.parse(JSON.parse(text));
