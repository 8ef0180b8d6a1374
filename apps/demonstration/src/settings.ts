import { DEFAULT_PORT_BASE, PORT_OFFSETS } from '@gatehouse/kernel/default-ports';
import { Secret } from '@gatehouse/kernel/secret';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { isPartName, PARTS, type IssuerName, type PartName, type ProviderName } from './parts.js';

/** Everything that shapes a demonstration world; durations are in seconds. */
export interface Settings {
  readonly only: readonly PartName[];
  /** 0 gives every server a free port. */
  readonly portBase: number;
  readonly host: string;
  readonly publicHost: string;
  /** Public URLs that replace `http://<publicHost>:<port>`. */
  readonly urls: Readonly<Partial<Record<PartName, string>>>;
  /** Where the other parts reach an issuer, when its public URL is not reachable for them. */
  readonly internalUrls: Readonly<Partial<Record<IssuerName, string>>>;
  readonly acmeSsoBrowserUrl: string | undefined;
  /** Whether octo names itself in its redirects (RFC 9207), as newer plain OAuth 2 providers do. */
  readonly octoSendsIssuer: boolean;
  readonly gatewayIssuer: string;
  readonly gatewayJwksUrl: string | undefined;
  /** What each provider has registered for its client. */
  readonly callbackUrls: Readonly<Record<ProviderName, readonly string[]>>;
  readonly acmeAccessTokenTtlSeconds: number;
  readonly octoAccessTokenTtlSeconds: number;
  readonly stsTokenTtlSeconds: number;
  readonly acmeClientSecret: Secret;
  readonly octoClientSecret: Secret;
  readonly stsClientSecret: Secret;
  readonly introspectionClientSecret: Secret;
  readonly reportsApiKey: Secret;
  readonly control: boolean;
}

/** A flag that cannot be used; the message says which and why. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

const FLAGS = {
  only: { type: 'string' },
  'port-base': { type: 'string' },
  host: { type: 'string' },
  'public-host': { type: 'string' },
  'acme-sso-url': { type: 'string' },
  'octo-url': { type: 'string' },
  'sts-url': { type: 'string' },
  'repos-url': { type: 'string' },
  'tickets-url': { type: 'string' },
  'acme-sso-internal-url': { type: 'string' },
  'octo-internal-url': { type: 'string' },
  'sts-internal-url': { type: 'string' },
  'acme-sso-browser-url': { type: 'string' },
  'octo-sends-issuer': { type: 'boolean' },
  'gateway-issuer': { type: 'string' },
  'gateway-jwks-url': { type: 'string' },
  'callback-url': { type: 'string', multiple: true },
  'acme-access-token-ttl': { type: 'string' },
  'octo-access-token-ttl': { type: 'string' },
  'sts-token-ttl': { type: 'string' },
  control: { type: 'boolean' },
} as const satisfies NonNullable<ParseArgsConfig['options']>;

type Values = ReturnType<typeof parseArgs<{ options: typeof FLAGS }>>['values'];

/** Everybody on the machine can read a process's arguments, so secrets come as variables of its environment. */
const SECRETS = {
  acmeClientSecret: ['ACME_SSO_CLIENT_SECRET', 'acme-demo-secret'],
  octoClientSecret: ['OCTO_CLIENT_SECRET', 'octo-demo-secret'],
  stsClientSecret: ['STS_CLIENT_SECRET', 'sts-demo-secret'],
  introspectionClientSecret: ['INTROSPECTION_CLIENT_SECRET', 'repos-backend-secret'],
  reportsApiKey: ['REPORTS_API_KEY', 'reports-demo-key'],
} as const;

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the command line; throws {@link SettingsError} with a sentence for the person who typed it. */
export function readSettings(args: readonly string[], environment: Environment = {}): Settings {
  const values = parseValues(args);
  const portBase = wholeNumber(
    values['port-base'],
    'port-base',
    DEFAULT_PORT_BASE,
    0,
    65_535 - PORT_OFFSETS.control,
  );
  const publicHost = values['public-host'] ?? 'localhost';
  const gatewayIssuer =
    url(values['gateway-issuer'], 'gateway-issuer') ??
    `http://${publicHost}:${portBase + PORT_OFFSETS['authorization-server']}`;
  return {
    only: partList(values.only),
    portBase,
    host: values.host ?? '127.0.0.1',
    publicHost,
    ...readUrls(values),
    octoSendsIssuer: values['octo-sends-issuer'] ?? false,
    gatewayIssuer,
    gatewayJwksUrl: url(values['gateway-jwks-url'], 'gateway-jwks-url'),
    callbackUrls: callbackUrls(values['callback-url'], gatewayIssuer),
    acmeAccessTokenTtlSeconds: lifetime(values['acme-access-token-ttl'], 'acme-access-token-ttl', 300),
    octoAccessTokenTtlSeconds: lifetime(values['octo-access-token-ttl'], 'octo-access-token-ttl', 60),
    stsTokenTtlSeconds: lifetime(values['sts-token-ttl'], 'sts-token-ttl', 120),
    ...secretsFrom(environment),
    control: values.control ?? false,
  };
}

function secretsFrom(environment: Environment): Record<keyof typeof SECRETS, Secret> {
  const secret = ([name, fallback]: readonly [string, string]): Secret =>
    new Secret(environment[name] ?? fallback);
  return {
    acmeClientSecret: secret(SECRETS.acmeClientSecret),
    octoClientSecret: secret(SECRETS.octoClientSecret),
    stsClientSecret: secret(SECRETS.stsClientSecret),
    introspectionClientSecret: secret(SECRETS.introspectionClientSecret),
    reportsApiKey: secret(SECRETS.reportsApiKey),
  };
}

function parseValues(args: readonly string[]): Values {
  try {
    return parseArgs({ args: [...args], options: FLAGS, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new SettingsError((error as TypeError).message); // all that parseArgs throws
  }
}

function readUrls(values: Values): Pick<Settings, 'urls' | 'internalUrls' | 'acmeSsoBrowserUrl'> {
  return {
    urls: present({
      'acme-sso': url(values['acme-sso-url'], 'acme-sso-url'),
      octo: url(values['octo-url'], 'octo-url'),
      sts: url(values['sts-url'], 'sts-url'),
      repos: url(values['repos-url'], 'repos-url'),
      tickets: url(values['tickets-url'], 'tickets-url'),
    }),
    internalUrls: present({
      'acme-sso': url(values['acme-sso-internal-url'], 'acme-sso-internal-url'),
      octo: url(values['octo-internal-url'], 'octo-internal-url'),
      sts: url(values['sts-internal-url'], 'sts-internal-url'),
    }),
    acmeSsoBrowserUrl: url(values['acme-sso-browser-url'], 'acme-sso-browser-url'),
  };
}

function present<Name extends PartName>(
  entries: Readonly<Record<Name, string | undefined>>,
): Partial<Record<Name, string>> {
  const found: Partial<Record<Name, string>> = {};
  for (const name of PARTS) {
    if (!(name in entries)) continue;
    const known = name as Name; // `in` has just shown that it is one of the keys
    const value = entries[known];
    if (value !== undefined) found[known] = value;
  }
  return found;
}

function partList(text: string | undefined): readonly PartName[] {
  if (text === undefined) return PARTS;
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !isPartName(name));
  if (unknown !== undefined)
    throw new SettingsError(`--only: there is no part "${unknown}"; the parts are ${PARTS.join(', ')}`);
  return PARTS.filter((name) => names.includes(name));
}

function callbackUrls(given: readonly string[] | undefined, gatewayIssuer: string): Settings['callbackUrls'] {
  for (const text of given ?? []) parseUrl(text, 'callback-url');
  const own = (part: ProviderName): readonly string[] => given ?? [`${gatewayIssuer}/oauth/callback/${part}`];
  return { 'acme-sso': own('acme-sso'), octo: own('octo') };
}

function url(text: string | undefined, flag: string): string | undefined {
  if (text === undefined) return undefined;
  parseUrl(text, flag);
  if (text.endsWith('/')) throw new SettingsError(`--${flag}: leave the trailing slash out`);
  return text;
}

function parseUrl(text: string, flag: string): void {
  const parsed = URL.parse(text);
  if (parsed === null || !['http:', 'https:'].includes(parsed.protocol))
    throw new SettingsError(`--${flag}: not an http or https URL`);
}

const lifetime = (text: string | undefined, flag: string, fallback: number): number =>
  wholeNumber(text, flag, fallback, 1, 86_400);

function wholeNumber(
  text: string | undefined,
  flag: string,
  fallback: number,
  least: number,
  most: number,
): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!/^\d{1,6}$/.test(text) || value < least || value > most)
    throw new SettingsError(`--${flag}: give a whole number from ${least} to ${most}`);
  return value;
}
