/** What the operator is told by its environment. */
export interface Settings {
  /** The one that it works in; it has no rights in another one. */
  readonly namespace: string;
  /** Names of the VirtualMCPServers that it makes gateways of. Others are of somebody else. */
  readonly gateways: readonly string[];
  /** This replica, among those that want to lead. */
  readonly identity: string;
  readonly lease: string;
  /** Of `/healthz`, `/readyz` and `/metrics`; left out: there is no listener. */
  readonly internalPort: number | undefined;
}

const MAX_PORT = 65_535;

export class SettingsError extends Error {}

export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const need = (name: string): string => {
    const value = environment[name]?.trim() ?? '';
    if (value === '')
      throw new SettingsError(`The variable ${name} is missing. The operator's chart sets it.`);
    return value;
  };
  return {
    namespace: need('OPERATOR_NAMESPACE'),
    gateways: need('OPERATOR_GATEWAYS')
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
    identity: need('OPERATOR_IDENTITY'),
    lease: need('OPERATOR_LEASE'),
    internalPort: portOf(environment['OPERATOR_INTERNAL_PORT']),
  };
}

function portOf(written: string | undefined): number | undefined {
  if (written === undefined) return undefined;
  const port = Number(written);
  if (!/^\d+$/.test(written) || port > MAX_PORT)
    throw new SettingsError('The variable OPERATOR_INTERNAL_PORT is not a port: a number from 0 to 65535.');
  return port;
}
