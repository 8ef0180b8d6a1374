import type { Loaded } from '@gatehouse/config/load';
import type { GatehouseModel } from '@gatehouse/config/model/gatehouse-model';
import type { ListenAddress, ListenAddresses } from '@gatehouse/config/model/listen-addresses';

/** How far a process listens above what the configuration says: several replicas of one machine read one file. */
export const PORT_SHIFT_VARIABLE = 'GATEHOUSE_PORT_SHIFT';

/** @param written as the variable has it; absent: every port is the configured one. */
export function onShiftedPorts(loaded: Loaded, written: string | undefined): Loaded {
  const shift = Number(written ?? 0);
  if (shift === 0 || loaded.model === undefined) return loaded;
  if (!Number.isInteger(shift) || shift < 0)
    throw new Error(`${PORT_SHIFT_VARIABLE} is not a number of ports.`);
  return { ...loaded, model: shifted(loaded.model, shift) };
}

function shifted(model: GatehouseModel, by: number): GatehouseModel {
  const one = <Address extends ListenAddress>(address: Address): Address => ({
    ...address,
    port: address.port + by,
  });
  const both = <Addresses extends ListenAddresses>(addresses: Addresses): Addresses => ({
    ...one(addresses),
    internal: one(addresses.internal),
  });
  const { proxy, authorizationServer, tokenVault } = model.listen;
  const { authServer } = model;
  return {
    ...model,
    ...(authServer?.administration === undefined
      ? {}
      : { authServer: { ...authServer, administration: one(authServer.administration) } }),
    listen: {
      ...model.listen,
      proxy: both(proxy),
      authorizationServer: both(authorizationServer),
      tokenVault: { ...tokenVault, internal: one(tokenVault.internal) },
    },
  };
}
