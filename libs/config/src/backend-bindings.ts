import { sha256 } from '@gatehouse/kernel/digest';
import type { GatehouseModel } from './model/gatehouse-model.js';
import { strategyOf } from './model/outgoing-auth.js';
import type { StdioProgram } from './model/stdio.js';

type Configured = Pick<GatehouseModel, 'backends' | 'outgoingAuth'>;

/**
 * Names what a backend's credential is and where it goes, without a secret. The proxy, which sends it there, and the vault, which
 * makes it, take up a new configuration at different moments: a credential is given only where both mean the same.
 */
export const bindingIn = (
  { outgoingAuth }: Configured,
  { name, url, transport }: Pick<Configured['backends'][number], 'name' | 'url' | 'transport'>,
): string => sha256(JSON.stringify([name, url, transport, strategyOf(outgoingAuth, name)], withMaps));

/**
 * Names what the bridge starts for a backend, and whose credential it may get, without a secret. Proxy and bridge take up a new
 * configuration at different moments, and the URL of a program does not say which one it is.
 */
export function programBindingIn(
  model: Configured,
  backend: Configured['backends'][number],
  { command, cwd, env, secretEnv, tokenEnv }: StdioProgram<unknown>,
): string {
  const program = { command, cwd, env, secretEnv, tokenEnv };
  return sha256(JSON.stringify([bindingIn(model, backend), program], withMaps));
}

/** Of each backend. */
export const bindingsIn = (model: Configured): ReadonlyMap<string, string> =>
  new Map(model.backends.map((backend) => [backend.name, bindingIn(model, backend)]));

/** Of a configured secret, JSON has the reference and never the value. */
const withMaps = (_key: string, value: unknown): unknown =>
  value instanceof Map || value instanceof Set ? [...(value as Iterable<unknown>)] : value;
