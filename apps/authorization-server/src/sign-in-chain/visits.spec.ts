import 'reflect-metadata';
import { expect, test } from '@jest/globals';
import { shareWorld, startServiceWorld } from '../testing/service-world.js';
import type { TestService } from '../testing/test-service.js';

let service: TestService;

shareWorld(startServiceWorld, (started) => ({ service } = started));

test('a provider that is not the one of the configuration is not "cannot be reached", and the page has the reference', async () => {
  const browser = service.browser();
  service.vault.misconfigured.add('octo');
  const failed = await service.atSecondProvider(browser, 'alice');
  expect(failed.body).toContain('data-reason="invalid_response"');
  expect(failed.body).not.toContain('cannot be reached');
  expect(failed.body).toContain(`Reference: <code>${service.vault.begun.at(-1)?.attemptId ?? 'none'}</code>`);
});

test.each([
  ['select_account', 'select_account'],
  ['login', undefined],
  ['login select_account', undefined],
])('a client’s prompt=%s reaches the provider as %s', async (prompt, asked) => {
  const browser = service.browser();
  const { url } = service.authorizeUrl(await service.register(), { prompt });
  await browser.decide(await browser.follow(await browser.get(url)), 'approve');
  expect(service.vault.begun.at(-1)).toMatchObject({ provider: 'acme-sso', fresh: true });
  expect(service.vault.begun.at(-1)?.asked).toBe(asked);
});
