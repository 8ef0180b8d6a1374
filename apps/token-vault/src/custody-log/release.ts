/** One release of one credential. */
export interface Release {
  readonly kind: 'inject' | 'exchange';
  readonly tsid: string;
  readonly accountId: string;
  readonly backend: string;
  readonly provider: string | undefined;
  readonly connectionId: string | undefined;
  readonly token: string;
}
