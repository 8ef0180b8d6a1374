import { programOf } from '../paths.js';
import { baseEnvironment } from './environment.js';
import type { PortPlan } from './ports.js';
import { lastLines, type Processes, type RunningProcess } from './processes.js';
import { untilReady } from './readiness.client.js';
import type { GeneratedSecrets, StateFolder } from './state.js';

const TIMEOUT_MS = 30_000;
/** What it prints when all of it listens. */
const READY = 'demonstration ready';

/** Starts the demonstration world: two identity providers, a token exchange endpoint and two backend servers. */
export async function startDemonstration(
  state: StateFolder,
  processes: Processes,
  ports: PortPlan,
): Promise<RunningProcess> {
  const running = processes.start({
    name: 'demonstration',
    command: process.execPath,
    args: [programOf('demonstration'), ...demonstrationFlags(ports)],
    environment: { ...baseEnvironment(), ...demonstrationSecrets(state.secrets) },
    stopPhase: 1,
  });
  await untilReady(running, TIMEOUT_MS, running.logFile, () =>
    lastLines(running.logFile).includes(READY) ? undefined : `nothing says "${READY}"`,
  );
  return running;
}

const demonstrationFlags = (ports: PortPlan): string[] => [
  `--port-base=${ports.base}`,
  `--gateway-issuer=http://localhost:${ports.authorizationServer}`,
  '--control',
];

/** Secrets that the gateway shares with the demonstration's servers. */
const sharedSecrets = (secrets: GeneratedSecrets) => ({
  ACME_SSO_CLIENT_SECRET: secrets.acmeSsoClientSecret,
  OCTO_CLIENT_SECRET: secrets.octoClientSecret,
  STS_CLIENT_SECRET: secrets.exchangeClientSecret,
  REPORTS_API_KEY: secrets.reportsApiKey,
});

const demonstrationSecrets = (secrets: GeneratedSecrets): Record<string, string> => ({
  ...sharedSecrets(secrets),
  INTROSPECTION_CLIENT_SECRET: secrets.introspectionClientSecret,
});

/** What the configuration's `{env: …}` references stand for in the demonstration, apart from databases and the bus. */
export const demonstrationValues = (secrets: GeneratedSecrets): Record<string, string> => ({
  ...sharedSecrets(secrets),
  ...keyEncryptionKeys(secrets),
});

/** Keys that seal what the databases hold. Those of the environment, or in files of a configuration, come before them. */
export const keyEncryptionKeys = (secrets: GeneratedSecrets): Record<string, string> => ({
  AUTHORIZATION_SERVER_KEY_ENCRYPTION_KEY: secrets.authorizationServerKeyEncryptionKey,
  TOKEN_VAULT_KEY_ENCRYPTION_KEY: secrets.tokenVaultKeyEncryptionKey,
});
