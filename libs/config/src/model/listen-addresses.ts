/** Where clients and browsers come, and where a service tells its operators how it is. */
export interface ListenAddresses extends ListenAddress {
  readonly internal: ListenAddress;
}

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}
