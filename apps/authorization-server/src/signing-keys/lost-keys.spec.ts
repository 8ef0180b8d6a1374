import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { sha256 } from '@gatehouse/kernel/digest';
import { Secret } from '@gatehouse/kernel/secret';
import { Metrics } from '@gatehouse/observability/metrics';
import { decodeProtectedHeader } from 'jose';
import { shareWorld, startServiceWorld, type ServiceWorld } from '../testing/service-world.js';
import { pageName } from '../testing/test-browser.js';
import type { TestService } from '../testing/test-service.js';

const HTTPS_REDIRECT = 'https://app.example/callback';

let world: ServiceWorld;
let service: TestService;

shareWorld(startServiceWorld, (started) => ({ service } = world = started));

let people = 0;
const somebody = (): string => `keyless-${(people += 1)}`;

const told = async (at: TestService): Promise<string> =>
  (await at.app.get(Metrics).render())
    .split('\n')
    .filter((line) => line.startsWith('gatehouse_sealed_rows_set_aside_total'))
    .join('\n');

describe('a client whose sealed secret does not open any more', () => {
  /** Who holds the secret writes it with another key, or back. */
  const write = async (clientId: string, sealed: string): Promise<string> => {
    const { rows } = await world.rows.query<{ before: string }>({
      name: 'client-secret-write',
      text: `update oidc_records set payload = payload || jsonb_build_object('sealed_client_secret', $2::text)
             where model = 'Client' and id = $1
             returning (select payload->>'sealed_client_secret' from oidc_records where model = 'Client' and id = $1) as before`,
      values: [sha256(clientId), sealed],
    });
    return rows[0]?.before ?? '';
  };
  const isSetAside = async (clientId: string): Promise<boolean | undefined> => {
    const { rows } = await world.rows.query<{ aside: boolean }>({
      name: 'client-set-aside',
      text: `select set_aside_at is not null as aside from oidc_records where model = 'Client' and id = $1`,
      values: [sha256(clientId)],
    });
    return rows[0]?.aside;
  };

  test('is unknown until the key is back, and told so: no page and no endpoint fails', async () => {
    const clientId = await service.register({
      redirect_uris: [HTTPS_REDIRECT],
      token_endpoint_auth_method: 'client_secret_post',
    });
    const ask = async () => {
      const browser = service.browser();
      const { url } = service.authorizeUrl(clientId, { redirect_uri: HTTPS_REDIRECT });
      const page = await browser.follow(await browser.get(url));
      const answer = await service.token({
        grant_type: 'refresh_token',
        refresh_token: 'x',
        client_id: clientId,
        client_secret: 'wrong',
      });
      return [page.status, pageName(page), answer.status, answer.error];
    };
    expect(await ask()).toEqual([200, 'consent', 401, 'invalid_client']);
    const lost = randomBytes(120).toString('base64url');
    const before = await write(clientId, lost);
    expect(await ask()).toEqual([400, 'error', 401, 'invalid_client']);
    expect(await ask()).toEqual([400, 'error', 401, 'invalid_client']);
    expect(await isSetAside(clientId)).toBe(true);
    expect(await told(service)).toContain('{kind="client_secret"} 1');
    // Registering again helps at once, and what was kept works again with its key.
    expect(pageName(await service.approvalPage(service.browser()))).toBe('consent');
    expect(await write(clientId, before)).toBe(lost);
    expect((await ask())[1]).toBe('consent');
    expect(await isSetAside(clientId)).toBe(false);
  });
});

test('a server that lost its key-encryption key starts, and signs people in with new keys', async () => {
  const login = somebody();
  const { clientId, answer } = await service.tokens(login);
  const key = { id: 'next', key: new Secret(randomBytes(32).toString('base64url')) };
  const next = await world.startAnother({ keyEncryptionKeys: [key] });
  expect(await told(next)).toContain('{kind="keyring"} 3');
  const refreshed = await next.refresh(clientId, answer.refresh_token ?? '');
  expect(refreshed.status).toBe(200);
  const again = await next.tokens(login);
  expect(again.answer.status).toBe(200);
  const kidOf = (token: string | undefined) => decodeProtectedHeader(token ?? '').kid;
  expect(kidOf(again.answer.access_token)).toBe(kidOf(refreshed.access_token));
  expect(kidOf(again.answer.access_token)).not.toBe(kidOf(answer.access_token));
  await next.close();
  const back = await world.startAnother({ keyEncryptionKeys: service.config.keyEncryptionKeys });
  expect(kidOf((await back.tokens(login)).answer.access_token)).toBe(kidOf(answer.access_token));
  await back.close();
});

test('a bus key that the vault lost is asked for anew, and the sign-in goes on', async () => {
  const [browser, login] = [service.browser(), somebody()];
  const atOcto = await service.atSecondProvider(browser, login);
  await service.vault.loseBusKey();
  const atWiki = await service.answerLeg(browser, atOcto, { code: `octo.example-${login}` });
  expect(new URL(atWiki.location ?? '').hostname).toBe('wiki.example');
});

test('what the vault kept of a leg and cannot open leads to another visit, on the connect page, too', async () => {
  const [browser, login] = [service.browser(), somebody()];
  await service.tokens(login, browser);
  const connect = async (subject: string) => {
    const away = await browser.decide(await browser.get('/connect/mail'), 'continue');
    return await service.answerLeg(browser, away, { code: subject });
  };
  service.vault.lost.add(`mail.example-${login}`);
  const failed = await connect(`mail.example-${login}`);
  expect([pageName(failed), failed.body.includes('data-provider="mail"')]).toEqual(['failure', true]);
  service.vault.lost.clear();
  const again = await browser.decide(failed, 'retry');
  expect(pageName(await service.answerLeg(browser, again, { code: `mail.example-${login}` }))).toBe(
    'connected',
  );
});
