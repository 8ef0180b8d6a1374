import type { Row } from '../figures-of-scale.js';
import { shown } from './known.js';
import type { MeasuredRates } from './measured-rates.js';

/** What a million people do; the page says the same in words. */
const PEOPLE = 1_000_000;
const AT_WORK = 100_000;
const CALLS_A_MINUTE = 12;
const BACKENDS = 3;
/** A credential is kept for at most 30 s, so each backend asks at most twice a minute. */
const ASKS_A_MINUTE = 2;
const ACCESS_TOKEN_S = 15 * 60;
const PROVIDER_TOKEN_S = 60 * 60;
const SIGN_INS_A_MONTH = 1;
/** In these all sign-ins of a month come: two hours on each of twenty days. */
const SIGN_IN_HOURS = 40;
const BUSY_HOURS = 4;
/** A core that is busier has no room for a burst, or for a replica that is away. */
const USED = 0.6;
/** Of one process each (`apps/vmcp-proxy`). */
const PEOPLE_OF_A_PROXY = 20_000;
const CONNECTIONS_OF_A_PROXY = 4_096;
/** Both pools of a service together. */
const POOL_OF = { vault: 12, server: 14 };
const GB = 1e9;

/** The plan on paper: each line from an assumption and a measured figure. */
export function planFor(rates: MeasuredRates): readonly Row[] {
  const callsPerSecond = (AT_WORK * CALLS_A_MINUTE) / 60;
  const asksPerSecond = (AT_WORK * BACKENDS * ASKS_A_MINUTE) / 60;
  const renewals = AT_WORK / ACCESS_TOKEN_S;
  const providerRenewals = (AT_WORK * BACKENDS) / PROVIDER_TOKEN_S;
  const signIns = (PEOPLE * SIGN_INS_A_MONTH) / (SIGN_IN_HOURS * 3_600);
  const cores = (perSecond: number, ms: number): number => (perSecond * ms) / 1_000 / USED;
  const proxyCores = callsPerSecond / rates.callsPerSecond / USED;
  const vaultCores =
    cores(asksPerSecond, rates.credential.vaultMs) +
    cores(providerRenewals, rates.providerRenewal.vaultMs) +
    cores(signIns, rates.signIn.vaultMs);
  const serverCores = cores(renewals, rates.renewal.serverMs) + cores(signIns, rates.signIn.serverMs);
  const postgresCores =
    cores(asksPerSecond, rates.credential.postgresMs) +
    cores(renewals, rates.renewal.postgresMs) +
    cores(signIns, rates.signIn.postgresMs);
  const proxies = Math.max(Math.ceil(proxyCores), Math.ceil(AT_WORK / PEOPLE_OF_A_PROXY) + 1);
  const [vaults, servers] = [Math.max(2, Math.ceil(vaultCores)), Math.max(2, Math.ceil(serverCores))];
  const gigabytes = (bytes: number): string => shown((bytes * PEOPLE) / GB, 'GB');
  const releasesADay = asksPerSecond * BUSY_HOURS * 3_600;
  const line = (what: string, load: string, arithmetic: string, need: string): Row => ({
    what,
    load,
    arithmetic,
    'what it takes': need,
  });
  const each = (perSecond: number, ms: number): string => `${shown(perSecond)} × ${shown(ms, 'ms')}`;
  return [
    line(
      'tool calls',
      `${shown(callsPerSecond)}/s`,
      `${shown(callsPerSecond)} ÷ ${shown(rates.callsPerSecond)} ÷ ${USED}`,
      `${shown(proxyCores)} cores of proxies`,
    ),
    line(
      'people of one proxy',
      shown(AT_WORK),
      `${shown(AT_WORK)} ÷ ${shown(PEOPLE_OF_A_PROXY)}, and one more`,
      `${shown(proxies)} proxies at least, each person at one of them`,
    ),
    line(
      'open connections of clients',
      shown(AT_WORK),
      `${shown(AT_WORK)} ÷ ${shown(CONNECTIONS_OF_A_PROXY)}`,
      `${shown(Math.ceil(AT_WORK / CONNECTIONS_OF_A_PROXY))} processes, or a reverse proxy that holds them`,
    ),
    line(
      'credentials',
      `${shown(asksPerSecond)}/s at most`,
      `(${each(asksPerSecond, rates.credential.vaultMs)} + ${each(providerRenewals, rates.providerRenewal.vaultMs)} + ${each(signIns, rates.signIn.vaultMs)}) ÷ ${USED}`,
      `${shown(vaultCores)} cores: ${shown(vaults)} vaults`,
    ),
    line(
      'renewals by clients, and sign-ins',
      `${shown(renewals)}/s and ${shown(signIns)}/s`,
      `(${each(renewals, rates.renewal.serverMs)} + ${each(signIns, rates.signIn.serverMs)}) ÷ ${USED}`,
      `${shown(serverCores)} cores: ${shown(servers)} authorization servers`,
    ),
    line(
      'Postgres, work',
      `${shown(asksPerSecond)} releases/s`,
      `(${each(asksPerSecond, rates.credential.postgresMs)} + ${each(renewals, rates.renewal.postgresMs)} + ${each(signIns, rates.signIn.postgresMs)}) ÷ ${USED}`,
      `${shown(postgresCores)} cores, two servers: one for each service`,
    ),
    line(
      'Postgres, connections',
      `${shown(vaults)} vaults, ${shown(servers)} servers`,
      `${vaults} × ${POOL_OF.vault} + ${servers} × ${POOL_OF.server}`,
      `${shown(vaults * POOL_OF.vault + servers * POOL_OF.server)} connections`,
    ),
    line(
      'tables of the vault',
      `${shown(PEOPLE)} people`,
      `${shown(rates.bytesOfPerson.vault / 1_000, 'kB')} each`,
      gigabytes(rates.bytesOfPerson.vault),
    ),
    line(
      'tables of the authorization server',
      `${shown(PEOPLE)} people`,
      `${shown(rates.bytesOfPerson.server / 1_000, 'kB')} each`,
      gigabytes(rates.bytesOfPerson.server),
    ),
    line(
      'custody log',
      `${shown(releasesADay / 1e6)} million releases a day`,
      `${shown(rates.bytesOfRelease)} bytes each`,
      `${shown((releasesADay * rates.bytesOfRelease) / GB, 'GB')} a day, archived day by day`,
    ),
    line(
      'sessions of older clients',
      `${shown(AT_WORK)} a day`,
      'the bucket has room for 400,000 a day',
      'nothing; ten times as many need a second gateway',
    ),
  ];
}
