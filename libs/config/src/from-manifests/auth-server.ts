import type { Path } from '../findings/path.js';
import type { Written } from './manifest-object.js';
import { putDurations, putReference, putRenamed, type Translation } from './translation.js';

const PATH: Path = ['authServer'];
const CLIENTS: Path = [...PATH, 'clientRegistration', 'clients'];

/** `authServerConfig`. */
export function translateAuthServer(translation: Translation): void {
  const { gateway, native } = translation;
  const from = gateway.at('spec', 'authServerConfig');
  if (!from.isThere) return;
  native.put(PATH, {}, from);
  native.copy(PATH, from, [
    'issuer',
    'authorizationEndpointBaseUrl',
    'primaryUpstreamProvider',
    'baselineClientScopes',
  ]);
  putRenamed(translation, PATH, from, { insecureAllowHTTP: 'insecureAllowHttp' });
  putDurations(translation, [...PATH, 'tokenLifespans'], from.at('tokenLifespans'), [
    'accessTokenLifespan',
    'refreshTokenLifespan',
    'authCodeLifespan',
  ]);
  from
    .at('signingKeySecretRefs')
    .items.forEach((key, index) => putReference(translation, [...PATH, 'signingKeys', index], key));
  // The seed system takes no metadata documents unless they are asked for.
  const enabled = from.at('cimd', 'enabled');
  native.put(
    [...PATH, 'clientRegistration', 'metadataDocuments', 'enabled'],
    enabled.isThere ? enabled.value : false,
    enabled,
  );
  const delegates = from.at('delegateClients');
  if (delegates.isThere) native.put(CLIENTS, [], delegates);
  delegates.items.forEach((client, index) => translateDelegate(translation, [...CLIENTS, index], client));
  native.put([...PATH, 'upstreamProviders'], [], from.at('upstreamProviders'));
  from
    .at('upstreamProviders')
    .items.forEach((provider, index) =>
      translateProvider(translation, [...PATH, 'upstreamProviders', index], provider),
    );
}

/** A client that acts for people, of whatever client they are; the seed system's tokens live that long. */
function translateDelegate(translation: Translation, path: Path, client: Written): void {
  const { native } = translation;
  native.put(path, {}, client);
  native.copy(path, client, ['clientId']);
  native.put([...path, 'clientName'], client.at('clientId').value, client.at('clientId'));
  putReference(translation, [...path, 'clientSecret'], client.at('clientSecretRef'));
  const grant = [...path, 'tokenExchange'];
  native.put(grant, { subjectClients: ['*'], lifespan: '15m' }, client);
  putRenamed(translation, grant, client, { audiences: 'resources', scopes: 'scopes' });
}

const CLIENT_FIELDS = ['clientId', 'redirectUri', 'scopes', 'additionalAuthorizationParams'];

function translateProvider(translation: Translation, path: Path, provider: Written): void {
  const { native } = translation;
  native.put(path, {}, provider);
  native.copy(path, provider, ['name', 'type']);
  const oidc = provider.at('oidcConfig');
  if (oidc.isThere) {
    const place = [...path, 'oidcConfig'];
    native.put(place, {}, oidc);
    native.copy(place, oidc, ['issuerUrl', 'subjectClaim', ...CLIENT_FIELDS]);
    putReference(translation, [...place, 'clientSecret'], oidc.at('clientSecretRef'));
  }
  const oauth2 = provider.at('oauth2Config');
  if (oauth2.isThere) translateOAuth2(translation, path, oauth2);
}

function translateOAuth2(translation: Translation, path: Path, oauth2: Written): void {
  const { native } = translation;
  const place = [...path, 'oauth2Config'];
  native.put(place, {}, oauth2);
  native.copy(place, oauth2, ['authorizationEndpoint', 'tokenEndpoint', ...CLIENT_FIELDS]);
  putReference(translation, [...place, 'clientSecret'], oauth2.at('clientSecretRef'));
  translateRegistration(translation, [...place, 'dcrConfig'], oauth2.at('dcrConfig'));
  putRenamed(translation, path, oauth2, {
    insecureAllowHTTP: 'insecureAllowHttp',
    allowPrivateIPs: 'allowPrivateIps',
  });
  const mapping = oauth2.at('tokenResponseMapping');
  if (mapping.isThere && !mapping.at('accessTokenPath').isThere)
    native.fails([...place, 'tokenResponseMapping']);
  putRenamed(translation, [...place, 'tokenResponseMapping'], mapping, {
    accessTokenPath: 'accessToken',
    scopePath: 'scope',
    refreshTokenPath: 'refreshToken',
    expiresInPath: 'expiresIn',
  });
  const userInfo = oauth2.at('userInfo');
  if (userInfo.isThere) {
    native.put([...place, 'userInfo'], {}, userInfo);
    native.copy([...place, 'userInfo'], userInfo, ['endpointUrl', 'additionalHeaders', 'fieldMapping']);
    putRenamed(translation, [...place, 'userInfo'], userInfo, { httpMethod: 'method' });
  }
  translateIdentity(translation, [...place, 'identityFromToken'], oauth2.at('identityFromToken'));
}

function translateRegistration(translation: Translation, place: Path, registration: Written): void {
  if (!registration.isThere) return;
  const { native } = translation;
  native.put(place, {}, registration);
  native.copy(place, registration, [
    'discoveryUrl',
    'registrationEndpoint',
    'softwareId',
    'softwareStatement',
  ]);
  putReference(translation, [...place, 'initialAccessToken'], registration.at('initialAccessTokenRef'));
}

const MAPPED = { subjectPath: 'subjectFields', namePath: 'nameFields', emailPath: 'emailFields' } as const;

function translateIdentity({ native, set }: Translation, path: Path, identity: Written): void {
  if (!identity.isThere) return;
  native.put(path, { source: 'tokenResponse' }, identity);
  for (const [theirs, ours] of Object.entries(MAPPED)) {
    const written = identity.at(theirs);
    if (written.text === undefined) continue;
    // A modifier of the seed system takes a token apart whose signature nobody has checked.
    if (/[|@#]/.test(written.text))
      set.problems.push(
        written.problem(
          'Refused: only a path is read here; a token inside the answer is not believed without its signature.',
          'userInfo; or identityFromToken with source: idToken, issuer and jwksUrl in a gatehouse.yaml beside the manifests',
        ),
      );
    else native.put([...path, 'fieldMapping', ours], [written.text], written);
  }
}
