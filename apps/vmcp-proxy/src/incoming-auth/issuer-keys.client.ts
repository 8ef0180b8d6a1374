import { fetchIssuerKeys } from '@gatehouse/access-tokens/issuer-keys.client';
import { clusterAccess } from '@gatehouse/config/cluster-access';
import type { IncomingOidc } from '@gatehouse/config/model/incoming-auth';
import { MINUTE_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import type { Secret } from '@gatehouse/kernel/secret';
import { RemoteKeys, type RemoteKeysOptions } from './remote-keys.client.js';

/** The issuer's server is not ours: a flood of tokens must not become a flood of requests. */
const OPTIONS: RemoteKeysOptions = { paceMs: 5 * SECOND_MS, freshForMs: 10 * MINUTE_MS };

/** An external issuer's keys over HTTP(S). */
export const issuerKeys = (issuer: IncomingOidc<Secret>['oidc'], options = OPTIONS): RemoteKeys =>
  new RemoteKeys(async () => await fetchIssuerKeys(await clusterAccess(issuer)), options);
