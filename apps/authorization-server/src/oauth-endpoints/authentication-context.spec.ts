import 'reflect-metadata';
import { afterEach, describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { shareWorld, startServiceWorld, type ServiceWorld } from '../testing/service-world.js';
import type { TestBrowser } from '../testing/test-browser.js';
import type { TestService } from '../testing/test-service.js';

let world: ServiceWorld;
let service: TestService;

shareWorld(startServiceWorld, async (started) => {
  world = started;
  service = await world.startAnother({ connectionReuse: 'always' });
});

afterEach(() => {
  service.vault.how = {};
  service.vault.isOfTheReleaseBefore = false;
});

let people = 0;

interface Person {
  readonly browser: TestBrowser;
  readonly clientId: string;
  readonly login: string;
}

const somebody = async (): Promise<Person> => ({
  browser: service.browser(),
  clientId: await service.register(),
  login: `context-${(people += 1)}`,
});

/** @returns what the identity token says, and each visit of a provider */
async function signIn({ browser, clientId, login }: Person, more: Readonly<Record<string, string>> = {}) {
  const begun = service.vault.begun.length;
  const { url, verifier } = service.authorizeUrl(clientId, { scope: 'openid offline_access', ...more });
  const result = await service.signIn(browser, url, login);
  const answer = await service.redeem(clientId, result.get('code') ?? '', verifier);
  return { said: decodeJwt(answer.id_token ?? ''), answer, visits: service.vault.begun.slice(begun) };
}

const GOLD = { acr: 'urn:acme:gold', amr: ['pwd', 'otp'] };

// OpenID Connect Core, section 2.
describe('how the person authenticated at the primary provider', () => {
  test('is in the identity token as that provider says, also after a refresh and when nobody is asked again', async () => {
    service.vault.how = GOLD;
    const person = await somebody();
    const { said, answer } = await signIn(person);
    expect(said).toMatchObject(GOLD);
    const renewed = await service.refresh(person.clientId, answer.refresh_token ?? '');
    expect(decodeJwt(renewed.id_token ?? '')).toMatchObject(GOLD);
    service.vault.how = {};
    const again = await signIn(person);
    expect([again.said['acr'], again.said['amr'], again.visits]).toEqual([GOLD.acr, GOLD.amr, []]);
  });

  test('is not there where it says nothing (a proof that nobody gave)', async () => {
    const { said } = await signIn(await somebody(), { acr_values: 'urn:acme:gold' });
    expect(said).not.toHaveProperty('acr');
    expect(said).not.toHaveProperty('amr');
  });

  test('is not there while the vault is of the release before, and people sign in all the same', async () => {
    service.vault.how = GOLD;
    service.vault.isOfTheReleaseBefore = true;
    const { said } = await signIn(await somebody());
    expect(said).toHaveProperty('sub');
    expect(said).not.toHaveProperty('acr');
  });

  test('is not that of a provider which only connects an account', async () => {
    const person = await somebody();
    const { visits } = await signIn(person, { acr_values: 'urn:acme:gold urn:acme:silver' });
    expect(visits.map(({ provider, acrValues }) => [provider, acrValues])).toEqual([
      ['acme-sso', 'urn:acme:gold urn:acme:silver'],
      ['octo', undefined],
      ['wiki', undefined],
    ]);
  });
});

// OpenID Connect Core, section 3.1.2.1; RFC 9470, section 3.
describe('acr_values', () => {
  test('send a person to the primary provider again who authenticated otherwise (step-up)', async () => {
    service.vault.how = { acr: 'urn:acme:silver' };
    const person = await somebody();
    await signIn(person);
    service.vault.how = GOLD;
    const { said, visits } = await signIn(person, { acr_values: 'urn:acme:gold' });
    expect(visits).toContainEqual(
      expect.objectContaining({ provider: 'acme-sso', fresh: true, acrValues: 'urn:acme:gold' }),
    );
    expect(said).toMatchObject(GOLD);
  });

  test('that the person meets already ask nothing', async () => {
    service.vault.how = GOLD;
    const person = await somebody();
    await signIn(person);
    const { visits } = await signIn(person, { acr_values: 'urn:acme:platinum urn:acme:gold' });
    expect(visits).toEqual([]);
  });

  test('are a wish: what the provider did instead is told, and no more', async () => {
    service.vault.how = { acr: 'urn:acme:silver' };
    const { said } = await signIn(await somebody(), { acr_values: 'urn:acme:gold' });
    expect(said['acr']).toBe('urn:acme:silver');
  });
});
