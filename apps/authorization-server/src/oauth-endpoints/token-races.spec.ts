import 'reflect-metadata';
import { sha256 } from '@gatehouse/kernel/digest';
import { newSessionId, randomToken } from '@gatehouse/kernel/ids';
import { Secret } from '@gatehouse/kernel/secret';
import { until } from '@gatehouse/testing/until';
import { describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { ClientSecrets } from '../clients/client-secrets.store.js';
import { RegistrationTokens } from '../clients/registration-tokens.store.js';
import { shareWorld, startServiceWorld, type ServiceWorld } from '../testing/service-world.js';
import { recordAdapterFactory } from './record-adapter.store.js';
import { UserCodeDigests } from './user-code.js';
import type { TestService, TokenAnswer } from '../testing/test-service.js';

let world: ServiceWorld;
let service: TestService;
let replica: TestService;

shareWorld(startServiceWorld, async (started) => {
  ({ service } = world = started);
  replica = await world.startAnother({ issuer: service.issuer });
});

const PARALLEL = 20;
let people = 0;

async function code(): Promise<{ clientId: string; code: string; verifier: string }> {
  const clientId = await service.register();
  const { url, verifier } = service.authorizeUrl(clientId);
  const result = await service.signIn(service.browser(), url, `racer-${(people += 1)}`);
  return { clientId, code: result.get('code') ?? '', verifier };
}

const winners = (answers: readonly TokenAnswer[]): readonly TokenAnswer[] =>
  answers.filter(({ status }) => status === 200);
const tsidOf = ({ access_token: token }: TokenAnswer): string => String(decodeJwt(token ?? '')['tsid']);

/** As if the grace of a race were over. */
async function letGraceEnd(): Promise<void> {
  await world.rows.query({
    name: 'age',
    text: "update oidc_records set consumed_at = consumed_at - interval '1 minute' where consumed_at is not null",
  });
}

async function closeReason(tsid: string): Promise<string | null | undefined> {
  const { rows: found } = await world.rows.query<{ close_reason: string | null }>({
    name: 'reason',
    text: 'select close_reason from sessions where tsid = $1',
    values: [tsid],
  });
  return found[0]?.close_reason;
}

// RFC 6749, section 4.1.2: a code is used once.
test('one code redeemed twenty times at once on two replicas gives one token, and that token lives', async () => {
  const { clientId, code: value, verifier } = await code();
  const answers = await Promise.all(
    Array.from({ length: PARALLEL }, (_, index) =>
      (index % 2 === 0 ? service : replica).redeem(clientId, value, verifier),
    ),
  );
  expect(winners(answers)).toHaveLength(1);
  expect(answers.filter(({ error }) => error === 'invalid_grant')).toHaveLength(PARALLEL - 1);
  const [winner] = winners(answers);
  expect((await service.refresh(clientId, winner?.refresh_token ?? '')).status).toBe(200);
});

// RFC 6749, section 4.1.2: what was issued for it is revoked.
test('a code presented again later ends the session that it opened', async () => {
  const { clientId, code: value, verifier } = await code();
  const answer = await service.redeem(clientId, value, verifier);
  await letGraceEnd();
  expect(await service.redeem(clientId, value, verifier)).toMatchObject({ error: 'invalid_grant' });
  expect(await closeReason(tsidOf(answer))).toBe('refresh_token_replayed');
  expect(await service.refresh(clientId, answer.refresh_token ?? '')).toMatchObject({
    error: 'invalid_grant',
  });
});

// RFC 7636, section 4.6; RFC 6749, section 4.1.3.
test('a code is worth nothing with another verifier, redirect URI or client, and is not used up by trying', async () => {
  const { clientId, code: value, verifier } = await code();
  const thief = await service.register();
  const base = {
    grant_type: 'authorization_code',
    code: value,
    code_verifier: verifier,
    redirect_uri: 'http://127.0.0.1:7777/callback',
  };
  const wrong: readonly Record<string, string>[] = [
    { ...base, client_id: clientId, code_verifier: 'x'.repeat(43) },
    { ...base, client_id: clientId, redirect_uri: 'http://127.0.0.1:7778/callback' },
    { ...base, client_id: thief },
  ];
  for (const fields of wrong) expect((await service.token(fields)).status).toBe(400);
  expect((await service.redeem(clientId, value, verifier)).status).toBe(200);
});

test('a used code without its verifier, or of another client, ends no session (denial of service)', async () => {
  const { clientId, code: value, verifier } = await code();
  const answer = await service.redeem(clientId, value, verifier);
  await letGraceEnd();
  expect(await service.redeem(clientId, value, 'x'.repeat(43))).toMatchObject({ error: 'invalid_grant' });
  expect(await service.redeem(await service.register(), value, verifier)).toMatchObject({
    error: 'invalid_grant',
  });
  expect(await closeReason(tsidOf(answer))).toBeNull();
  expect((await replica.refresh(clientId, answer.refresh_token ?? '')).status).toBe(200);
});

test('requests for a wrong resource in the race for a code, on two replicas, cost the right one nothing', async () => {
  const { clientId, code: value, verifier } = await code();
  const ask = async (index: number): Promise<TokenAnswer> =>
    await (index % 2 === 0 ? service : replica).token({
      grant_type: 'authorization_code',
      client_id: clientId,
      code: value,
      code_verifier: verifier,
      redirect_uri: 'http://127.0.0.1:7777/callback',
      resource: index % 4 < 2 ? 'http://localhost:9/mcp/octo' : service.config.resourceUrl,
    });
  const answers = await Promise.all(Array.from({ length: PARALLEL }, (_, index) => ask(index)));
  const [winner, ...others] = winners(answers);
  expect(others).toEqual([]);
  expect(decodeJwt(winner?.access_token ?? '').aud).toBe(service.config.resourceUrl);
  expect((await service.refresh(clientId, winner?.refresh_token ?? '')).status).toBe(200);
});

describe('a code that is made while another one of its sign-in is redeemed', () => {
  const codes = () =>
    recordAdapterFactory({
      database: world.rows,
      clientSecrets: service.app.get(ClientSecrets, { strict: false }),
      registrationTokens: service.app.get(RegistrationTokens, { strict: false }),
      userCodes: new UserCodeDigests(new Secret('k'.repeat(43))),
      onGrantEnded: () => Promise.resolve(),
      onSignInBegins: () => Promise.resolve(true),
      limitsOf: () => ({}),
    })('AuthorizationCode');
  const make = async (grantId: string): Promise<string> => {
    const value = randomToken();
    await codes().upsert(value, { grantId }, 60);
    return value;
  };

  test('cannot be redeemed as well', async () => {
    const grantId = newSessionId();
    const first = await make(grantId);
    await world.rows.query({
      name: 'nearly-expired',
      text: `update oidc_records set created_at = created_at - interval '59 seconds',
        expires_at = expires_at - interval '59 seconds' where grant_id = $1`,
      values: [grantId],
    });
    await codes().consume(first);
    const second = await make(grantId);
    await expect(codes().consume(second)).rejects.toMatchObject({ error: 'invalid_grant' });
    // The used one is still there when the other one expires.
    const { rows: kept } = await world.rows.query<{ kept: boolean }>({
      name: 'kept',
      text: `select bool_or(consumed_at is not null and expires_at > now() + interval '50 seconds') as kept
        from oidc_records where grant_id = $1`,
      values: [grantId],
    });
    expect(kept).toEqual([{ kept: true }]);
    await codes().consume(await make(newSessionId()));
  });

  test('cannot be redeemed either when that redemption has not ended yet', async () => {
    const grantId = newSessionId();
    const [first, second] = [await make(grantId), await make(grantId)];
    let late: Promise<void> | undefined;
    await world.rows.transaction(async (tx) => {
      // A redemption that does not see the second code.
      await tx.query({
        name: 'other-redemption',
        text: "update oidc_records set consumed_at = now() where model = 'AuthorizationCode' and id = $1",
        values: [sha256(first)],
      });
      late = codes().consume(second);
      late.catch(() => undefined);
      await until(async () => {
        const { rows: waiting } = await world.rows.query({
          name: 'waiting',
          text: `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        });
        return waiting.length > 0;
      });
    });
    await expect(late).rejects.toMatchObject({ error: 'invalid_grant' });
  });
});

// RFC 7009, section 2.1.
test('revoking a refresh token (RFC 7009) ends the session', async () => {
  const { clientId, answer } = await service.tokens(`leaver-${(people += 1)}`);
  const body = new URLSearchParams({ client_id: clientId, token: answer.refresh_token ?? '' });
  const response = await fetch(`${service.issuer}/oauth/revoke`, { method: 'POST', body });
  expect(response.status).toBe(200);
  expect(await closeReason(tsidOf(answer))).toBe('revoked');
  expect(await service.refresh(clientId, answer.refresh_token ?? '')).toMatchObject({
    error: 'invalid_grant',
  });
});

// RFC 7009, section 2.1.
test("another client cannot revoke somebody's refresh token", async () => {
  const { clientId, answer } = await service.tokens(`keeper-${(people += 1)}`);
  const body = new URLSearchParams({
    client_id: await service.register(),
    token: answer.refresh_token ?? '',
  });
  await fetch(`${service.issuer}/oauth/revoke`, { method: 'POST', body });
  expect((await service.refresh(clientId, answer.refresh_token ?? '')).status).toBe(200);
});

test('the database holds no code, refresh token, cookie or client secret that a reader could present', async () => {
  const secretive = (await service.post('/oauth/register', {
    redirect_uris: ['https://app.example/callback'],
    token_endpoint_auth_method: 'client_secret_basic',
  })) as { readonly client_secret: string };
  const { clientId, code: value, verifier } = await code();
  const answer = await service.redeem(clientId, value, verifier);
  const { rows: all } = await world.rows.query<{ line: string }>({
    name: 'dump',
    text: `select row_to_json(r)::text as line from oidc_records r
      union all select row_to_json(a)::text from attempts a union all select row_to_json(s)::text from sessions s`,
  });
  const dump = all.map(({ line }) => line).join('\n');
  for (const secret of [value, answer.refresh_token, answer.access_token, secretive.client_secret]) {
    expect(secret?.length).toBeGreaterThan(20);
    expect(dump).not.toContain(secret);
  }
  expect(dump).not.toContain('"cookie"');
});

// RFC 6749, section 3.2.1.
test('a client with a secret has to show it', async () => {
  const client = (await service.post('/oauth/register', {
    redirect_uris: ['http://127.0.0.1:7777/callback'],
    token_endpoint_auth_method: 'client_secret_post',
  })) as { readonly client_id: string; readonly client_secret: string };
  const { url, verifier } = service.authorizeUrl(client.client_id);
  const result = await service.signIn(service.browser(), url, `racer-${(people += 1)}`);
  const fields = {
    grant_type: 'authorization_code',
    client_id: client.client_id,
    code: result.get('code') ?? '',
    code_verifier: verifier,
    redirect_uri: 'http://127.0.0.1:7777/callback',
  };
  expect((await service.token(fields)).status).toBe(401);
  expect((await service.token({ ...fields, client_secret: 'wrong' })).status).toBe(401);
  expect((await replica.token({ ...fields, client_secret: client.client_secret })).status).toBe(200);
});
