import { percentEncoded as encoded } from '@gatehouse/testing/nasty-text';
import { DEVICE_CODE_GRANT } from '../clients/client-grants.js';
import { form, type RawRequest } from './raw-request.js';
import { hiddenFields } from './test-browser.js';
import { ASSERTION_TYPE } from './proving-client.js';
import { callbackOf, REDIRECT_URI, type TestService } from './test-service.js';

/** A place where a text from outside comes in: the request that brings it. */
export type Door = (value: string) => RawRequest;

type Doors = Readonly<Record<string, Door>>;

/** Every place of this service where a text from outside comes in, for strangers and for somebody who is signed in. */
export async function doorsOf(service: TestService): Promise<Doors> {
  const clientId = await service.register();
  return {
    ...authorizeDoors(service, clientId),
    ...tokenDoors(service, clientId),
    ...pushDoors(service, clientId),
    ...(await deviceDoors(service)),
    ...registrationDoors(),
    ...pageDoors(),
    ...(await signedInDoors(service, clientId)),
  };
}

const each = (names: readonly string[], what: string, door: (name: string) => Door): Doors =>
  Object.fromEntries(names.map((name) => [`${what} ${name}`, door(name)]));

const AUTHORIZE =
  `client_id redirect_uri scope state nonce resource code_challenge code_challenge_method response_type
  response_mode prompt login_hint ui_locales claims_locales acr_values max_age display id_token_hint claims request
  request_uri registration audience dpop_jkt unknown`.split(/\s+/);

function authorizeDoors(service: TestService, clientId: string): Doors {
  const { searchParams } = new URL(service.authorizeUrl(clientId).url);
  const withParameter = (name: string, value: string): RawRequest => {
    const query = [...searchParams].flatMap(([known, own]) =>
      known === name ? [] : [`${known}=${encodeURIComponent(own)}`],
    );
    return { path: `/oauth/authorize?${[...query, `${encoded(name)}=${encoded(value)}`].join('&')}` };
  };
  return {
    ...each(AUTHORIZE, 'authorize', (name) => (value) => withParameter(name, value)),
    'authorize, name of a parameter': (value) => withParameter(value, 'x'),
    'authorize, resumed': (value) => ({ path: `/oauth/authorize/${encoded(value)}` }),
  };
}

function tokenDoors(service: TestService, clientId: string): Doors {
  const request = {
    grant_type: 'authorization_code',
    client_id: clientId,
    code: 'x',
    code_verifier: 'v'.repeat(43),
    redirect_uri: REDIRECT_URI,
    resource: service.config.resourceUrl,
  };
  const basic = (credentials: string) => ({
    authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
  });
  const names = [...Object.keys(request), 'client_secret', 'scope', 'unknown'];
  return {
    ...each(names, 'token', (name) => (value) => ({
      path: '/oauth/token',
      ...form({ ...request, [name]: value }),
    })),
    'token, refresh token': (value) => ({
      path: '/oauth/token',
      ...form({ grant_type: 'refresh_token', client_id: clientId, refresh_token: value }),
    }),
    'token, name of a parameter': (value) => ({
      path: '/oauth/token',
      ...form({ ...request, [value]: 'x' }),
    }),
    'token, body': (value) => ({ path: '/oauth/token', ...form({}), body: value }),
    'token, client credentials': (value) => ({
      path: '/oauth/token',
      ...form(request, basic(`${encoded(value)}:${encoded(value)}`)),
    }),
    'token, client credentials not encoded': (value) => ({
      path: '/oauth/token',
      ...form(request, basic(`${value.slice(0, 2_000)}:${value.slice(0, 2_000)}`)),
    }),
    ...each(['token', 'token_type_hint', 'client_id'], 'revoke', (name) => (value) => ({
      path: '/oauth/revoke',
      ...form({ token: 'x', client_id: clientId, [name]: value }),
    })),
  };
}

const ASSERTION = { client_assertion: 'x', client_assertion_type: ASSERTION_TYPE };

function pushDoors(service: TestService, clientId: string): Doors {
  const { searchParams } = new URL(service.authorizeUrl(clientId).url);
  const pushed = Object.fromEntries(searchParams);
  const push = (fields: Readonly<Record<string, string>>): RawRequest => ({
    path: '/oauth/par',
    ...form(fields),
  });
  return {
    ...each(
      ['client_id', 'scope', 'state', 'nonce', 'resource', 'claims', 'dpop_jkt', 'request', 'unknown'],
      'push',
      (name) => (value) => push({ ...pushed, [name]: value }),
    ),
    ...each(
      ['client_assertion', 'client_assertion_type'],
      'push',
      (name) => (value) => push({ ...pushed, ...ASSERTION, [name]: value }),
    ),
  };
}

const DEVICE_PARAMETERS =
  `client_id scope resource nonce login_hint acr_values max_age id_token_hint claims request registration
  gatehouse_silent unknown`.split(/\s+/);

async function deviceDoors(service: TestService): Promise<Doors> {
  const clientId = await service.register({
    redirect_uris: undefined,
    grant_types: [DEVICE_CODE_GRANT, 'refresh_token'],
  });
  const request = { client_id: clientId, scope: 'openid', resource: service.config.resourceUrl };
  return {
    ...each(DEVICE_PARAMETERS, 'device authorization', (name) => (value) => ({
      path: '/oauth/device_authorization',
      ...form({ ...request, [name]: value }),
    })),
    'device authorization, body': (value) => ({
      path: '/oauth/device_authorization',
      ...form({}),
      body: value,
    }),
    'token, device code': (value) => ({
      path: '/oauth/token',
      ...form({ grant_type: DEVICE_CODE_GRANT, client_id: clientId, device_code: value }),
    }),
    'device, code of the address': (value) => ({ path: `/device?user_code=${encoded(value)}` }),
    'device, code of the form': (value) => ({
      path: '/device',
      ...form({ csrf: value, user_code: value }, { cookie: `gh-device=${encoded(value)}` }),
    }),
    'device, end': (value) => ({ path: `/device/${encoded(value)}` }),
  };
}

const MEMBERS =
  `client_name client_uri scope application_type token_endpoint_auth_method software_id logo_uri policy_uri
  tos_uri jwks jwks_uri dpop_bound_access_tokens request_object_signing_alg contacts`.split(/\s+/);

function registrationDoors(): Doors {
  const post = (body: string): RawRequest => ({
    path: '/oauth/register',
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  const client = (members: Readonly<Record<string, unknown>>): RawRequest =>
    post(JSON.stringify({ redirect_uris: [REDIRECT_URI], client_name: 'x', ...members }));
  return {
    ...each(MEMBERS, 'register', (name) => (value) => client({ [name]: value })),
    'register, redirect URI': (value) => client({ redirect_uris: [value] }),
    'register, path of a redirect URI': (value) =>
      client({ redirect_uris: [`https://app.example/${value}`] }),
    'register, private-use redirect URI': (value) => client({ redirect_uris: [`cursor://${value}`] }),
    'register, path of client_uri': (value) => client({ client_uri: `https://app.example/${value}` }),
    'register, grant types': (value) => client({ grant_types: ['authorization_code', value] }),
    'register, response types': (value) => client({ response_types: ['code', value] }),
    'register, scopes': (value) => client({ scope: ['openid', value] }),
    'register, name of a member': (value) => client({ [value]: value }),
    'register, body': (value) => post(value),
  };
}

const pageDoors = (): Doors => ({
  'sign-in': (value) => ({ path: `/sign-in/${encoded(value)}` }),
  'sign-in, answered': (value) => ({
    path: `/sign-in/${encoded(value)}`,
    ...form({ csrf: value, decision: value, provider: value }),
  }),
  connect: (value) => ({ path: `/connect/${encoded(value)}?session=${encoded(value)}` }),
  'connect, answered': (value) => ({
    path: `/connect/mail?session=${encoded(value)}`,
    ...form({ csrf: value, decision: value }),
  }),
  'attempt to connect': (value) => ({ path: `/connect/attempt/${encoded(value)}` }),
  'attempt to connect, answered': (value) => ({
    path: `/connect/attempt/${encoded(value)}`,
    ...form({ csrf: value, decision: value }),
  }),
  callback: (value) => ({ path: `/oauth/callback/octo?state=${encoded(value)}&code=${encoded(value)}` }),
  'callback, whose': (value) => ({ path: `/oauth/callback/${encoded(value)}?state=x` }),
  'metadata documents': (value) => ({ path: `/.well-known/${encoded(value)}` }),
  'any path': (value) => ({ path: `/${encoded(value)}` }),
  'a body that nobody reads': (value) => ({ path: '/connections', method: 'PUT', body: value }),
});

/** Forms with the right token, cookies of a browser that is signed in, and a leg of its own that is under way. */
async function signedInDoors(service: TestService, clientId: string): Promise<Doors> {
  const browser = service.browser();
  await service.tokens('somebody-nasty', browser);
  const asked = await service.approvalPage(browser, clientId);
  const connections = hiddenFields((await browser.get('/connections')).body);
  const away = await browser.decide(await browser.get('/connect/mail'), 'continue');
  const cookie = browser.cookiesFor('/');
  const [attempt = ''] = (new URL(away.location ?? '').searchParams.get('state') ?? '').split('.');
  const answered = hiddenFields(asked.body);
  return {
    ...each(['decision', 'provider', 'csrf'], 'own sign-in', (name) => (value) => ({
      path: new URL(asked.url).pathname,
      ...form({ ...answered, decision: 'skip', provider: 'octo', [name]: value }, { cookie }),
    })),
    ...each(['disconnect', 'sign-out', 'leave-not'], 'own connections', (action) => (value) => ({
      path: '/connections',
      ...form({ ...connections, action, provider: value, session: value }, { cookie }),
    })),
    'own attempt': (value) => ({
      path: `/connect/attempt/${attempt}`,
      ...form({ csrf: value, decision: value, provider: value }, { cookie }),
    }),
    'own callback, state': (value) => ({
      path: `/oauth/callback/mail?state=${attempt}.${encoded(value)}&code=x`,
      headers: { cookie },
    }),
    'own callback, of another provider': (value) => ({
      path: `${callbackOf(away, { code: 'x' }).replace('/mail', '/octo')}&${encoded(value)}=${encoded(value)}`,
      headers: { cookie },
    }),
    ...each(
      cookie.split('; ').map((pair) => pair.slice(0, pair.indexOf('='))),
      'cookie',
      (name) => (value) => ({ path: '/connections', headers: { cookie: `${name}=${encoded(value)}` } }),
    ),
  };
}
