import { DEFAULT_PORT_BASE, PORT_OFFSETS } from '@gatehouse/kernel/default-ports';
import type { Path } from '../findings/path.js';
import { translateAuthz } from './authz.js';
import type { Written } from './manifest-object.js';
import { POD_FOLDER } from '../model/incoming-auth.js';
import { putConfigMapReference, putReference, putRenamed, type Translation } from './translation.js';

const PATH: Path = ['incomingAuth', 'oidc'];
const ENDPOINT = '/mcp';
const LOCAL_URL = `http://localhost:${DEFAULT_PORT_BASE + PORT_OFFSETS.proxy}`;

/** `incomingAuth`, and the URL of the gateway, which follows from it. */
export function translateIncomingAuth(translation: Translation): void {
  const { gateway, native, set } = translation;
  const from = gateway.at('spec', 'incomingAuth');
  native.put(['incomingAuth'], {}, from);
  native.copy(['incomingAuth'], from, ['type']);
  const reference = from.at('oidcConfigRef');
  if (from.at('type').text === 'oidc') {
    if (reference.isThere) translateOidc(translation, reference);
    else
      set.problems.push(
        reference.problem('type: oidc needs oidcConfigRef.', 'oidcConfigRef: { name, audience }'),
      );
  } else if (from.at('type').text === 'anonymous' && reference.isThere)
    set.problems.push(reference.problem('This does not go with type: anonymous.'));
  putPublicUrl(translation, reference);
  translateAuthz(translation, from);
}

function translateOidc(translation: Translation, reference: Written): void {
  const { native, set, hasAuthServer } = translation;
  native.put(PATH, {}, reference);
  const config = set.follow('MCPOIDCConfig', reference);
  if (config !== undefined) translateConfig(translation, config);
  const scopes = reference.at('scopes');
  if (scopes.isThere) {
    native.put([...PATH, 'scopes'], scopes.value, scopes);
    if (hasAuthServer) native.put(['authServer', 'scopesSupported'], scopes.value, scopes);
  } else if (!hasAuthServer) native.put([...PATH, 'scopes'], [], scopes);
  putResource(translation, reference.at('resourceUrl'), 'resourceUrl');
  const audience = reference.at('audience');
  if (hasAuthServer) putResource(translation, audience, 'audience');
  else if (audience.isThere) native.put([...PATH, 'audience'], audience.value, audience);
}

function translateConfig(translation: Translation, config: Written): void {
  const { native, set } = translation;
  const inline = config.at('spec', 'inline');
  if (config.at('spec', 'type').text !== 'inline') {
    if (config.at('spec', 'type').text === 'kubernetesServiceAccount')
      translateServiceAccounts(translation, config);
    else {
      // Refused already: what follows from it is not a second error.
      native.put([...PATH, 'issuer'], CLUSTER, config.at('spec', 'type'));
      native.fails([...PATH, 'issuer']);
    }
    return;
  }
  if (!inline.isThere) set.problems.push(inline.problem('type: inline needs the fields under inline.'));
  native.copy(PATH, inline, ['issuer', 'jwksUrl']);
  putRenamed(translation, PATH, inline, {
    jwksAllowPrivateIP: 'allowPrivateIps',
    insecureAllowHTTP: 'insecureAllowHttp',
  });
  translateIntrospection(translation, inline);
  putConfigMapReference(translation, [...PATH, 'caBundle'], inline.at('caBundleRef', 'configMapRef'));
}

/** Of the cluster in which the gateway itself runs, where nothing else is said. */
const CLUSTER = 'https://kubernetes.default.svc';

/** The seed system takes the block for granted, and every account of the cluster. */
function translateServiceAccounts({ native }: Translation, config: Written): void {
  const written = config.at('spec', 'kubernetesServiceAccount');
  const [issuer, auth] = [written.at('issuer'), written.at('useClusterAuth')];
  const place = [...PATH, 'kubernetesServiceAccount'];
  native.put([...PATH, 'issuer'], issuer.isThere ? issuer.value : CLUSTER, issuer);
  native.copy(PATH, written, ['jwksUrl']);
  native.put(place, {}, written);
  native.copy(place, written, ['namespace', 'serviceAccount']);
  if (auth.value !== false) native.put([...place, 'clusterAuthFolder'], POD_FOLDER, auth);
}

/** `clientId` and `clientSecretRef` are the client that asks about opaque tokens, and nothing else. */
function translateIntrospection(translation: Translation, inline: Written): void {
  const { native, set } = translation;
  const [url, id, secret] = [
    inline.at('introspectionUrl'),
    inline.at('clientId'),
    inline.at('clientSecretRef'),
  ];
  if (!url.isThere) {
    for (const written of [id, secret])
      if (written.isThere)
        set.warnings.push(
          written.problem(
            'No effect here without introspectionUrl: JWTs are verified by their signature, and no client of the issuer is needed.',
          ),
        );
    return;
  }
  const path = [...PATH, 'introspection'];
  native.put(path, {}, url);
  native.put([...path, 'url'], url.value, url);
  native.put([...path, 'clientId'], id.isThere ? id.value : undefined, id);
  putReference(translation, [...path, 'clientSecret'], secret);
}

/**
 * The resource of this gateway is its MCP endpoint. The seed system also takes the host alone, which clients that compare
 * (RFC 9728 section 3.3) refuse; with tokens of its own, both sides read what is written here.
 */
function putResource(
  { native, set }: Translation,
  written: Written,
  field: 'resourceUrl' | 'audience',
): void {
  if (!written.isThere) return;
  const base = baseOf(written.text);
  const isBare = base !== undefined && base === withoutSlash(written.text ?? '');
  const value = isBare ? base + ENDPOINT : written.value;
  native.put([...PATH, field], value, written);
  if (isBare)
    set.warnings.push(
      written.problem(
        `Read as ${base}${ENDPOINT}: that is what people type into their clients, and what tokens name.`,
        base + ENDPOINT,
      ),
    );
}

/** What people type, without `/mcp`. */
function putPublicUrl({ native, set, gateway, hasPublicUrl }: Translation, reference: Written): void {
  const resource = reference.at('resourceUrl');
  const audience = reference.at('audience');
  const issuer = gateway.at('spec', 'authServerConfig', 'issuer');
  const source = [resource, audience, issuer].find((written) => baseOf(written.text) !== undefined);
  native.put(
    ['publicUrl'],
    source === undefined ? LOCAL_URL : baseOf(source.text),
    source ?? gateway.at('spec'),
  );
  // What the audience would be compared with is not known.
  if (resource.isThere && source !== resource) native.fails([...PATH, 'audience']);
  if (hasPublicUrl) return;
  if (source === undefined)
    set.warnings.push(
      gateway
        .at('spec', 'incomingAuth')
        .problem(
          `Nothing says under which URL people reach this gateway: ${LOCAL_URL}${ENDPOINT} is taken.`,
          'oidcConfigRef.resourceUrl, or publicUrl in a gatehouse.yaml beside the manifests',
        ),
    );
  else if (!resource.isThere && issuer.isThere)
    set.warnings.push(
      reference.problem(
        `resourceUrl is left out: ${baseOf(source.text) ?? ''}${ENDPOINT} is taken. The seed system takes the address of a Service instead, and then refuses the audience.`,
        `resourceUrl: ${baseOf(source.text) ?? ''}${ENDPOINT}`,
      ),
    );
}

const withoutSlash = (text: string): string => text.replace(/\/+$/, '');

function baseOf(text: string | undefined): string | undefined {
  if (text === undefined || !/^https?:\/\//.test(text) || URL.parse(text) === null) return undefined;
  const url = withoutSlash(text);
  return url.endsWith(ENDPOINT) ? url.slice(0, -ENDPOINT.length) : url;
}
