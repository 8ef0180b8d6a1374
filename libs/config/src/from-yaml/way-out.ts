import { Secret } from '@gatehouse/kernel/secret';
import { SERVICES } from '@gatehouse/kernel/services';
import { ConfiguredSecret } from '../model/configured-secret.js';
import type { EgressProxy, WayOut } from '../model/egress-rules.js';
import type { Path } from '../findings/path.js';
import type { SecretResolver } from '../secrets/secret-resolver.js';
import { DEFAULT_NO_PROXY } from '../yaml/egress-fields.js';
import type { GatehouseYaml } from '../yaml/gatehouse-yaml.js';
import { given } from './written-values.js';

type WrittenProxy = GatehouseYaml['egress']['proxy'];
type Proxy = EgressProxy<ConfiguredSecret>;

const PATH: Path = ['egress', 'proxy'];

/** As written. What is not written comes from the variables that other programs read as well. */
export function buildWayOut(
  { proxy }: GatehouseYaml['egress'],
  secrets: SecretResolver,
): WayOut<ConfiguredSecret> {
  const own = ownSecrets(proxy, secrets);
  const proxyOf = (scheme: 'http' | 'https'): Proxy | undefined => {
    const base = proxy.url === undefined ? fromEnvironment(scheme, secrets) : { url: originOf(proxy.url) };
    return base && { ...base, ...own };
  };
  return {
    ...given('httpProxy', proxyOf('http')),
    ...given('httpsProxy', proxyOf('https')),
    noProxy: proxy.noProxy ?? noProxyVariable(secrets) ?? DEFAULT_NO_PROXY,
    refusesPrivateAddresses: proxy.refusesPrivateAddresses,
  };
}

const ownSecrets = (
  { credentials, caBundle }: WrittenProxy,
  secrets: SecretResolver,
): Pick<Proxy, 'credentials' | 'caBundle'> => ({
  ...given(
    'credentials',
    credentials &&
      secrets.secret(credentials, [...PATH, 'credentials'], { kind: 'proxyCredentials', owners: SERVICES }),
  ),
  ...given(
    'caBundle',
    caBundle && secrets.secret(caBundle, [...PATH, 'caBundle'], { kind: 'caBundle', owners: SERVICES }),
  ),
});

/** curl reads the name in small letters first. It reads `http_proxy` in no other way, for the sake of CGI, which this is not. */
function variableOf(
  name: string,
  secrets: SecretResolver,
): { readonly name: string; readonly value: string } | undefined {
  for (const spelling of [name.toLowerCase(), name]) {
    const value = secrets.variable(spelling);
    if (value !== undefined) return { name: spelling, value };
  }
  return undefined;
}

const noProxyVariable = (secrets: SecretResolver): readonly string[] | undefined =>
  variableOf('NO_PROXY', secrets)
    ?.value.split(/[\s,]+/)
    .filter((entry) => entry !== '');

function fromEnvironment(scheme: 'http' | 'https', secrets: SecretResolver): Proxy | undefined {
  const variable = variableOf(`${scheme.toUpperCase()}_PROXY`, secrets);
  if (variable === undefined) return undefined;
  const { name, value } = variable;
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`);
  const credentials = url === null ? undefined : credentialsIn(url);
  if (url === null || credentials === undefined || !/^https?:$/.test(url.protocol)) {
    secrets.findings.push({
      path: PATH,
      message: `The environment variable ${name} is not the URL of an HTTP proxy.`,
      instead: 'egress.proxy.url, or another value of that variable',
    });
    return undefined;
  }
  return {
    url: url.origin,
    ...(credentials === ''
      ? {}
      : { credentials: new ConfiguredSecret(`env ${name}`, SERVICES, new Secret(credentials)) }),
  };
}

/** @returns `user:password`, empty without a user, `undefined` for a malformed one. */
function credentialsIn({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return '';
  try {
    return `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  } catch {
    return undefined;
  }
}

/** A text that is no URL is reported already. */
const originOf = (text: string): string => URL.parse(text)?.origin ?? text;
