import type { ListenAddress, ListenAddresses } from './listen-addresses.js';

/** Far enough from the ports of the other services, and of the demonstration, when they lie in a row. */
export const INTERNAL_PORT_OFFSET = 12;
export const TOKEN_VAULT_INTERNAL_PORT = 4485;

/** Where the internal listener of a service with a public one is, when nothing else is written. */
export const internalPortOf = (publicPort: number): number =>
  publicPort === 0 ? 0 : publicPort + INTERNAL_PORT_OFFSET;

interface Written {
  readonly host: string;
  readonly port?: number;
}

export const internalAddress = ({ host, port }: Written, fallback: number): ListenAddress => ({
  host,
  port: port ?? fallback,
});

export const withInternalAddress = ({
  host,
  port,
  internal,
}: ListenAddress & { readonly internal: Written }): ListenAddresses => ({
  host,
  port,
  internal: internalAddress(internal, internalPortOf(port)),
});
