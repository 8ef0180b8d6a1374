/** The public listener for clients and browsers, and the internal one for operators. */
export interface ListenAddresses extends ListenAddress {
  readonly internal: ListenAddress;
}

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}
