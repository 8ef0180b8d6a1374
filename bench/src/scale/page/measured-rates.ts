import type { FiguresOfScale } from '../figures-of-scale.js';
import { numberIn, rowsOf, rowWithMost } from './known.js';

/** What the plan and the limits are made of. Times are processor time of one thing, in milliseconds. */
export interface MeasuredRates {
  /** Of one proxy with a core of its own. */
  readonly callsPerSecond: number;
  /** Of one vault, as many as there can be. */
  readonly credentialsPerSecond: number;
  readonly credential: { readonly vaultMs: number; readonly postgresMs: number };
  readonly signIn: {
    readonly perSecond: number;
    readonly serverMs: number;
    readonly vaultMs: number;
    readonly postgresMs: number;
  };
  readonly renewal: { readonly perSecond: number; readonly serverMs: number; readonly postgresMs: number };
  readonly providerRenewal: { readonly perSecond: number; readonly vaultMs: number };
  /** Of one person with a connection at two providers. */
  readonly bytesOfPerson: { readonly vault: number; readonly server: number };
  readonly bytesOfRelease: number;
}

const MIB = 1_048_576;

export function measuredRates(figures: FiguresOfScale): MeasuredRates {
  const calls = rowWithMost(rowsOf(figures, 'proxies', 'calls at once'), 'calls/s');
  const credentials = rowWithMost(
    rowsOf(figures, 'pools', 'credentials at once, one vault'),
    'credentials/s',
  );
  const mostAtOnce = (table: string) => rowWithMost(rowsOf(figures, 'sign-ins', table), 'per second');
  const [signIns, renewals, providerRenewals] = [
    mostAtOnce('sign-ins through two providers'),
    mostAtOnce('renewals by clients'),
    mostAtOnce('renewals at a provider'),
  ];
  const people = rowWithMost(rowsOf(figures, 'connections', 'people and their connections'), 'people');
  const bytes = (...columns: readonly string[]): number =>
    (columns.reduce((sum, column) => sum + numberIn(people, column), 0) * MIB) / numberIn(people, 'people');
  return {
    callsPerSecond: numberIn(calls, 'calls/s'),
    credentialsPerSecond: numberIn(credentials, 'credentials/s'),
    credential: {
      vaultMs: numberIn(credentials, 'vault ms'),
      postgresMs: numberIn(credentials, 'Postgres ms'),
    },
    signIn: {
      perSecond: numberIn(signIns, 'per second'),
      serverMs: numberIn(signIns, 'server ms'),
      vaultMs: numberIn(signIns, 'vault ms'),
      postgresMs: numberIn(signIns, 'Postgres ms'),
    },
    renewal: {
      perSecond: numberIn(renewals, 'per second'),
      serverMs: numberIn(renewals, 'server ms'),
      postgresMs: numberIn(renewals, 'Postgres ms'),
    },
    providerRenewal: {
      perSecond: numberIn(providerRenewals, 'per second'),
      vaultMs: numberIn(providerRenewals, 'vault ms'),
    },
    bytesOfPerson: {
      vault: bytes('vault tables MiB', 'vault indexes MiB'),
      server: bytes('server tables MiB', 'server indexes MiB'),
    },
    bytesOfRelease: numberIn(rowsOf(figures, 'connections', 'custody log')[0], 'bytes of a release'),
  };
}
