/**
 * Less throughput than this share of the hop's is a failure: nine tenths of what was measured on a machine with nothing else to
 * do. Loads that are not here have not been measured on one yet.
 */
export const FLOORS: readonly {
  readonly shape: string;
  readonly target: string;
  readonly ofTheHop: number;
}[] = [{ shape: '0.3 KB', target: 'gatehouse, inject', ofTheHop: 0.7 }];
