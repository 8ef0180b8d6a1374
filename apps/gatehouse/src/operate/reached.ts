import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { GatehouseModel } from '@gatehouse/config/model/gatehouse-model';
import type { SecretKind } from '@gatehouse/config/secrets/secret-kinds';
import type { WrittenReference } from '@gatehouse/config/yaml/fields';
import type { Secret } from '@gatehouse/kernel/secret';
import { withEmbedded } from '../backup/embedded.js';
import { Cannot } from '../cannot.js';
import { modelOf, readConfiguration, type ConfigurationText, type Environment } from '../configuration.js';
import { DEMONSTRATION_CONFIGURATION, DEMONSTRATION_STATE } from '../paths.js';
import { runningPostgresPort } from '../up/postgres.js';
import { ownValues } from '../up/services.js';
import { StateFolder } from '../up/state.js';
import { readWrittenSecret, writtenSections } from '../written-secrets.js';

/** Which installation a command is about. */
export interface Which {
  /** Absent: the demonstration. */
  readonly config?: string;
  /** Of `gatehouse up`; absent: the gateway that runs beside the file, or the databases that the file names. */
  readonly state?: string;
}

/** An installation that runs or not, as its operator reaches it. A secret is read when it is needed, and no other. */
export interface Reached {
  readonly model: GatehouseModel;
  readonly configuration: ConfigurationText;
  readonly secret: (kind: SecretKind, written: WrittenReference) => Secret;
}

/** @throws {Cannot} when there is no such installation, or its configuration is wrong. */
export async function reach<Value>(
  which: Which,
  environment: Environment,
  use: (installation: Reached) => Promise<Value>,
): Promise<Value> {
  const state = stateOf(which);
  if (state !== undefined) return await inState(state, which.config, environment, use);
  if (which.config === undefined)
    throw new Cannot(
      'Say of which gateway: --config gatehouse.yaml, or of `gatehouse up`: --state .gatehouse',
      'usage',
    );
  return await use(reachedBy(which.config, environment));
}

async function inState<Value>(
  state: string,
  config: string | undefined,
  environment: Environment,
  use: (installation: Reached) => Promise<Value>,
): Promise<Value> {
  const given = { environment, isDemonstration: config === undefined, mayRun: true };
  return await withEmbedded(state, given, async (embedded) => {
    const { secrets, state: folder } = embedded;
    // As the authorization server has them: for its database, and for questions to the vault.
    const values = { ...embedded.environment, ...ownValues('authorization-server', secrets, {}) };
    return await use(reachedBy(config ?? demonstrationIn(folder), values));
  });
}

function reachedBy(file: string, environment: Environment): Reached {
  const configuration = readConfiguration(resolve(file));
  return {
    model: modelOf(configuration, 'none', {}),
    configuration,
    secret: (kind, written) => readWrittenSecret(configuration, kind, written, environment),
  };
}

/** With its ports moved, where they were. */
function demonstrationIn(state: StateFolder): string {
  const moved = state.path('gatehouse.yaml');
  return existsSync(moved) ? moved : DEMONSTRATION_CONFIGURATION;
}

function stateOf({ config, state }: Which): string | undefined {
  if (state !== undefined) {
    if (existsSync(join(state, 'secrets.json'))) return state;
    throw new Cannot(
      `${state} is no state folder of \`gatehouse up\`. Name the one that it printed: --state <folder>`,
      'noInput',
    );
  }
  const usual = config === undefined ? DEMONSTRATION_STATE : join(dirname(config), '.gatehouse');
  const running = StateFolder.ofRunning(resolve(usual));
  // One that was given databases of its own is reached by its configuration.
  return running === undefined || runningPostgresPort(running) === undefined ? undefined : usual;
}

/** Where the authorization server keeps its rows, as its own role sees them. `undefined`: there is none here. */
export function serverDatabaseUrl({ model, configuration, secret }: Reached): Secret | undefined {
  const { authorizationServer } = writtenSections(configuration).postgres;
  return model.authServer === undefined || authorizationServer === undefined
    ? undefined
    : secret('postgresUrl', authorizationServer.url);
}

/** The same of the vault. */
export const vaultDatabaseUrl = ({ configuration, secret }: Reached): Secret =>
  secret('postgresUrl', writtenSections(configuration).postgres.tokenVault.url);
