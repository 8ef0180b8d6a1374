import type { ConfiguredSecret } from '../model/configured-secret.js';
import type { ListenAddress } from '../model/listen-addresses.js';
import type { Bridge, ProcessLimits, StdioProgram } from '../model/stdio.js';
import type { Path } from '../findings/path.js';
import type { SecretResolver } from '../secrets/secret-resolver.js';
import type { GatehouseYaml } from '../yaml/gatehouse-yaml.js';
import { partyEgress } from './party-egress.js';
import { given, milliseconds } from './written-values.js';

type WrittenBackend = GatehouseYaml['backends'][number];

/** Its secret is read only where there is a program to run. */
export function buildBridge(
  { bridge, backends }: GatehouseYaml,
  listen: ListenAddress,
  secrets: SecretResolver,
): Bridge<ConfiguredSecret> {
  const url = bridge.url ?? `http://${inUrl(listen.host)}:${listen.port}`;
  const isNeeded = backends.some(({ command }) => command !== undefined);
  return {
    url,
    allowWithoutSecret: bridge.allowWithoutSecret,
    ...given(
      'secret',
      bridge.secret &&
        secrets.secret(bridge.secret, ['bridge', 'secret'], {
          kind: 'sharedHeaderSecret',
          owners: isNeeded ? ['vmcp-proxy', 'bridge'] : [],
        }),
    ),
    ...partyEgress(bridge, { path: ['bridge'], owner: 'vmcp-proxy', secrets }, url),
  };
}

const inUrl = (host: string): string => (host.includes(':') ? `[${host}]` : host);

/** What only a backend with a `command` has. */
export const STDIO_FIELDS = ['command', 'env', 'secretEnv', 'cwd', 'tokenEnv', 'processes'] as const;

/** @returns `undefined` for a backend that has a URL. */
export function buildStdio(
  { command, env = {}, secretEnv = {}, cwd, tokenEnv, processes }: WrittenBackend,
  path: Path,
  secrets: SecretResolver,
): StdioProgram<ConfiguredSecret> | undefined {
  if (command === undefined) return undefined;
  return {
    command,
    env: new Map(Object.entries(env)),
    secretEnv: new Map(
      Object.entries(secretEnv).map(([name, written]) => [
        name,
        secrets.secret(written, [...path, 'secretEnv', name], {
          kind: 'environmentValue',
          owners: ['bridge'],
        }),
      ]),
    ),
    ...given('cwd', cwd),
    ...given('tokenEnv', tokenEnv),
    processes: processLimits(processes),
  };
}

const AT_ONCE = 64;
/** It takes several people to use up a backend. */
const PERSONS = 4;

function processLimits({
  atOnce = AT_ONCE,
  atOncePerPerson = Math.ceil(atOnce / PERSONS),
  idleTimeout = '10m',
  startTimeout = '30s',
}: Partial<NonNullable<WrittenBackend['processes']>> = {}): ProcessLimits {
  return {
    atOnce,
    atOncePerPerson,
    idleTimeoutMs: milliseconds(idleTimeout),
    startTimeoutMs: milliseconds(startTimeout),
  };
}
