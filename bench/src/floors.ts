/** Less throughput than this share of the hop's is a failure: nine tenths of what was measured on a machine with nothing else to do. */
export const FLOORS: readonly {
  readonly shape: string;
  readonly target: string;
  readonly ofTheHop: number;
}[] = [
  { shape: '0.3 KB, alone', target: 'gatehouse, inject', ofTheHop: 0.74 },
  { shape: '0.3 KB', target: 'gatehouse, inject', ofTheHop: 0.67 },
  { shape: '0.3 KB', target: 'gatehouse, inject, session', ofTheHop: 0.67 },
  { shape: '0.3 KB', target: 'gatehouse, static', ofTheHop: 0.64 },
  { shape: '0.3 KB', target: 'gatehouse, exchange', ofTheHop: 0.7 },
  { shape: '6 KB of arguments', target: 'gatehouse, inject', ofTheHop: 0.7 },
  { shape: '64 KB of arguments', target: 'gatehouse, inject', ofTheHop: 0.53 },
  { shape: 'result of 64 KB', target: 'gatehouse, inject', ofTheHop: 0.64 },
  { shape: 'result of 1 MB', target: 'gatehouse, inject', ofTheHop: 0.72 },
  { shape: 'event stream', target: 'gatehouse, inject', ofTheHop: 0.41 },
];
