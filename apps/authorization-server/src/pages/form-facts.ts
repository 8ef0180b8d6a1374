/** What a page needs for its form: whose answer it is (`csrf`), and where it goes. */
export interface FormFacts {
  readonly csrf: string;
  readonly action: string;
  /** Path of the issuer, before our own paths. */
  readonly basePath: string;
}
