/** The public listener for clients and browsers, and the internal one for operators. */
export interface ListenAddresses extends ListenAddress {
  readonly internal: ListenAddress;
}

/** Those of the proxy, and how many processes answer there. */
export interface ProxyAddresses extends ListenAddresses {
  /** `auto`: one for each core that the process may use. */
  readonly workers: number | 'auto';
}

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}
