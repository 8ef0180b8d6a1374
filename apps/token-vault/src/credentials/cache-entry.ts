import type { IssuedToken } from '@gatehouse/config/model/outgoing-auth';
import { sha256 } from '@gatehouse/kernel/digest';
import type { Secret } from '@gatehouse/kernel/secret';
import type { ExchangeSubject } from './exchange-subjects.flow.js';
import type { CacheEntry } from './exchanged-token.store.js';
import { serviceAccountOf } from './service-account.js';

/** The key covers the settings: tokens that were issued under other settings are not used any more. */
export function cacheEntry(
  backend: string,
  strategy: IssuedToken<Secret>,
  subject: Omit<ExchangeSubject, 'token'>,
): CacheEntry {
  const accountId = subject.cachedFor ?? subject.accountId;
  return {
    key: sha256(JSON.stringify([backend, settingsOf(strategy), accountId, subject.id])),
    backend,
    accountId,
    tsid: subject.tsid,
    connectionId: subject.connectionId,
  };
}

/** How the request is made, not what it asks for. A new secret of the same client makes no token wrong. */
const NO_SETTINGS: ReadonlySet<string> = new Set([
  'serviceAccountKey',
  'clientSecret',
  'clientKey',
  'clientKeyId',
  'clientCertificate',
  'tokenEndpointAuthMethod',
  'timeoutMs',
  'cacheSkewMs',
  'caBundle',
  'wayOut',
  'allowPrivateIps',
  'insecureAllowHttp',
  'header',
  'allowedHosts',
]);

const settingsOf = (strategy: IssuedToken<Secret>): string =>
  JSON.stringify(
    Object.entries({ ...withoutMeans(strategy), ...accountIn(strategy) }).sort(([left], [right]) =>
      left < right ? -1 : 1,
    ),
    (_name, value: unknown) => (isRecord(value) ? withoutMeans(value) : value),
  );

/** Whose key it is counts; which of its keys does not. */
const accountIn = (strategy: IssuedToken<Secret>): { readonly account?: string } =>
  strategy.type === 'googleServiceAccount' ? { account: serviceAccountOf(strategy.serviceAccountKey) } : {};

const withoutMeans = (fields: object): object =>
  Object.fromEntries(Object.entries(fields).filter(([field]) => !NO_SETTINGS.has(field)));

const isRecord = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
