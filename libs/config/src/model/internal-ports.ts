import { DEFAULT_PORT_BASE, INTERNAL_PORT_OFFSET, PORT_OFFSETS } from '@gatehouse/kernel/default-ports';
import type { ListenAddress, ListenAddresses } from './listen-addresses.js';

export const TOKEN_VAULT_INTERNAL_PORT = DEFAULT_PORT_BASE + PORT_OFFSETS['token-vault'];

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
