import { expect, test } from '@jest/globals';
import type { IssuedToken } from '@gatehouse/config/model/outgoing-auth';
import type { Secret } from '@gatehouse/kernel/secret';
import { Log } from '@gatehouse/observability/log';
import type { CredentialMetrics } from './credential-metrics.js';
import type { ExchangeSubject } from './exchange-subjects.flow.js';
import type { CacheEntry, ExchangedTokenStore, ExchangeLease } from './exchanged-token.store.js';
import { ExchangedTokens } from './exchanged-tokens.flow.js';
import type { IssueClient } from './issue.client.js';

const ENTRY = { key: 'k', backend: 'tickets' } as unknown as CacheEntry;
const STRATEGY = { type: 'clientCredentials', timeoutMs: 1_000 } as unknown as IssuedToken<Secret>;
const SUBJECT = { token: () => Promise.resolve(undefined) } as unknown as ExchangeSubject;

test('an exchange that ends in an error gives its lease back: the next call need not wait until it is over', async () => {
  const leases: string[] = [];
  const lease = {} as ExchangeLease;
  const store: Partial<ExchangedTokenStore> = {
    find: () => Promise.resolve(undefined),
    acquire: () => {
      leases.push('acquired');
      return Promise.resolve(lease);
    },
    release: (given) => {
      leases.push(given === lease ? 'released' : 'another released');
      return Promise.resolve();
    },
  };
  const thrown = new RangeError('a token with some thousand nested lists');
  const client: Partial<IssueClient> = { issue: () => Promise.reject(thrown) };
  const exchanges = new ExchangedTokens(
    store as ExchangedTokenStore,
    client as IssueClient,
    {} as CredentialMetrics,
    new Log('token-vault'),
    { nowMs: () => 0 },
  );
  for (let call = 0; call < 2; call += 1)
    await expect(exchanges.token(ENTRY, STRATEGY, SUBJECT, undefined)).rejects.toBe(thrown);
  expect(leases).toEqual(['acquired', 'released', 'acquired', 'released']);
});
