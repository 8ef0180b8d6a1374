/** A link to the connect page. */
export interface ConnectLink {
  readonly provider: string;
  /** The session whose client asked; absent on the way from the connections page. */
  readonly tsid: string | undefined;
}
