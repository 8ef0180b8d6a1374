import 'reflect-metadata';
import { expect, test } from '@jest/globals';
import { shareWorld, startServiceWorld } from '../testing/service-world.js';
import type { TestService } from '../testing/test-service.js';

let service: TestService;

shareWorld(startServiceWorld, (started) => ({ service } = started));

const ask = async (path: string, language?: string): Promise<string> => {
  const headers = { accept: 'text/html', ...(language === undefined ? {} : { 'accept-language': language }) };
  return await (await fetch(service.local + path, { headers })).text();
};

/** Ours, those of the protocol library, and those of errors. */
test.each([
  ['/', 'Dieses Gateway verbindet Ihre Anwendungen', 'This gateway connects your applications'],
  ['/no/such/page', 'Hier ist nichts', 'Nothing is here'],
  ['/connections', 'Sie sind hier nicht angemeldet', 'You are not signed in here'],
  ['/sign-in/of-nobody', 'Diese', 'This'],
  [
    '/oauth/authorize?client_id=gone',
    'Diese Anwendung ist hier nicht bekannt',
    'This application is not known here',
  ],
  ['/oauth/end-session?id_token_hint=x', 'Diese Anfrage ist nicht gültig', 'This request is not valid'],
])('%s is in the language of its reader', async (path, german, english) => {
  const pages = await Promise.all([ask(path, 'de-DE,de;q=0.9'), ask(path, 'fr'), ask(path)]);
  expect(pages.map((page) => /<html lang="(..)">/.exec(page)?.[1])).toEqual(['de', 'en', 'en']);
  const titles = pages.map((page) => /<h1>([^<]*)<\/h1>/.exec(page)?.[1] ?? '');
  expect(titles[0]).toContain(german);
  for (const title of titles.slice(1)) expect(title).toContain(english);
});

test('attack: a language that is an injection or a file is no language', async () => {
  for (const language of ['de"><script>', '../de', 'de\tde', '__proto__', ','.repeat(2_000)])
    expect(await ask('/', language)).toMatch(/<html lang="(en|de)">/);
});
