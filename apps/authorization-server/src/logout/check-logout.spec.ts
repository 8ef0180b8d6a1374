import { expect, test } from '@jest/globals';
import type { Provider } from 'oidc-provider';
import { CheckLogout } from './check-logout.flow.js';
import type { IdTokenHint, IdTokenHints } from './id-token-hints.js';

const DOCUMENT = 'https://client.example/metadata.json';

function world(hint?: IdTokenHint) {
  const sought: string[] = [];
  const provider = {
    Client: {
      find: async (id: string) => {
        sought.push(id);
        return await Promise.resolve({ clientName: 'named', postLogoutRedirectUriAllowed: () => true });
      },
    },
  } as unknown as Provider;
  const hints = { read: async () => await Promise.resolve(hint) } as unknown as IdTokenHints;
  const checking = new CheckLogout(provider, hints, { clientRegistration: {} } as never);
  return { sought, checking };
}

const uri = 'https://client.example/bye';

test('a stranger who names document after document has none of them fetched, and is sent nowhere (request forgery)', async () => {
  const { sought, checking } = world();
  const asked = new URLSearchParams({ client_id: DOCUMENT, post_logout_redirect_uri: uri });
  expect(await checking.check(asked)).toEqual({ kind: 'wanted', logout: {} });
  expect(sought).toEqual([]);
});

test('a client that a token of ours names is looked up', async () => {
  const { sought, checking } = world({ clientId: DOCUMENT, accountId: 'somebody' });
  const asked = new URLSearchParams({ id_token_hint: 'token', post_logout_redirect_uri: uri });
  expect(await checking.check(asked)).toMatchObject({ kind: 'wanted', logout: { redirectUri: uri } });
  expect(sought).toEqual([DOCUMENT]);
});
