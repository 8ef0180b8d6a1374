import { KMS_KEY_ARN, readPkcs11Uri } from '../model/held-keys.js';
import { isIP } from 'node:net';
import { DNS_LABEL } from '@gatehouse/kernel/dns-label';
import { parseDurationMs } from '@gatehouse/kernel/durations';
import { allowedHostProblem } from '../urls/allowed-hosts.js';
import { originPatternProblem } from '../urls/allowed-origins.js';
import { redirectSchemeProblem } from '../urls/client-uris.js';
import { isTrustedHostPattern } from '../urls/trusted-hosts.js';
import { parseSizeBytes } from '@gatehouse/kernel/sizes';
import { BRANDING_FORMATS } from './branding-formats.js';
import { CLOUD_FORMATS } from './cloud-formats.js';
import { pattern, type FormatProblem, type FormatRule } from './format-rule.js';

/** C0 controls, DEL and C1 controls. */
const CONTROL = /\p{Cc}/u;

/** The kinds of text that fields hold. Messages never repeat a URL, which might carry a password. */
export const FORMATS = {
  dnsLabel: { describes: 'DNS label', check: dnsLabel },
  duration: { describes: 'duration (`30s`, `15m`, `1h`, `7d`)', check: duration },
  size: { describes: 'size (`64KiB`, `4MiB`)', check: size },
  url: { describes: 'URL', check: (value: string) => url(value) },
  baseUrl: { describes: 'URL without a final slash', check: baseUrl },
  originPattern: { describes: 'origin, or a pattern of origins', check: originPattern },
  proxyUrl: { describes: 'origin URL of a proxy', check: proxyUrl },
  noProxyEntry: pattern(
    'host, address, network or `*`',
    /^[^\s,/:@]+(\/\d{1,3})?$|^[0-9a-fA-F:]+(\/\d{1,3})?$|^\[[0-9a-fA-F:]+\]$/,
    'is not a host, an address, a network or *: write each as one entry, without scheme and port.',
  ),
  natsUrl: { describes: '`nats:` or `tls:` URL', check: natsUrl },
  host: pattern(
    'IP address or host name',
    // With a colon it is an address of IPv6; a port has a field of its own.
    /^(?:[A-Za-z0-9._-]+|(?=(?:[^:]*:){2})[0-9A-Fa-f:.]+)$/,
    'is not an address to listen on, such as 127.0.0.1 or 0.0.0.0; the port is a field of its own.',
  ),
  network: { describes: 'IP address, or network in CIDR notation', check: network },
  hostName: { describes: 'host name', check: hostName },
  pathPart: pattern('name', /^[A-Za-z0-9][A-Za-z0-9._~-]*$/, 'is not a name: letters, digits, . _ ~ -.'),
  hostPattern: pattern(
    'host name, `*` or `*.domain`',
    /^(\*|(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(:\d+)?)$/,
    'is not a lower-case host name, *.domain, or * for every host.',
  ),
  trustedHost: {
    describes: 'host, `host:port` or `*.domain`',
    check: (value: string) =>
      isTrustedHostPattern(value)
        ? undefined
        : { message: 'is not a lower-case host, host:port, or *.domain for every host below it.' },
  },
  allowedHost: {
    describes: 'host, `host:port` or `*.domain`',
    check: (value: string) => {
      const message = allowedHostProblem(value);
      return message === undefined ? undefined : { message };
    },
  },
  identifier: { describes: 'text', check: identifier },
  ...BRANDING_FORMATS,
  ...CLOUD_FORMATS,
  uriScheme: { describes: 'scheme of a URI', check: uriScheme },
  scope: { describes: 'scope (RFC 6749 section 3.3)', check: scope },
  claimName: pattern('claim name', /^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'is not the name of a top-level claim.'),
  // Amazon Cognito and Auth0 have claims of their own, with a colon and as a URL.
  groupClaim: pattern(
    'claim name',
    /^(?:[A-Za-z_]\w{0,127}(?::\w{1,127})?|(?:https?:\/\/|urn:)[\w:./@~-]{1,247})$/,
    'is not the name of a top-level claim.',
  ),
  answerPath: pattern(
    'path into an answer (`data.gid`)',
    /^[^\s.+]+(\.[^\s.+]+)*$/,
    'is not a path such as data.access_token: names with a period between them.',
  ),
  issuerTemplate: { describes: 'URL with `{tenantid}`', check: issuerTemplate },
  celExpression: pattern(
    'expression in CEL',
    /^(?=[^]*\S)[^]{1,4096}$/,
    'is empty, or longer than 4096 characters.',
  ),
  pkcs11Uri: {
    describes: 'PKCS #11 URI (RFC 7512)',
    check: (value: string) => {
      const read = readPkcs11Uri(value);
      return typeof read === 'string' ? { message: read } : undefined;
    },
  },
  kmsKeyArn: pattern(
    'ARN of a key of AWS KMS',
    KMS_KEY_ARN,
    'is not the ARN of a key or of an alias, such as arn:aws:kms:eu-central-1:111122223333:alias/gatehouse.',
  ),
  json: { describes: 'JSON text', check: json },
  headerName: pattern(
    'header name (RFC 9110 section 5.1)',
    /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/,
    'is not a header name.',
  ),
  authScheme: pattern(
    'authentication scheme (RFC 9110 section 11.1), or nothing',
    /^[!#$%&'*+.^_`|~0-9A-Za-z-]{0,64}$/,
    'is not the name of a scheme, such as Bearer or token; empty for the token alone.',
  ),
  headerValue: { describes: 'header value', check: identifier },
  parameterName: pattern('parameter name', /^[A-Za-z0-9._~-]+$/, 'is not a parameter name.'),
  policyText: pattern('policies in Cedar', /\S/, 'is empty.'),
  entityType: pattern(
    'entity type',
    /^(?!(Client|Tool|Prompt|Resource|Backend|MCP|View|Action)$)[A-Za-z_][A-Za-z0-9_]*$/,
    'is not the name of an entity type, or is that of one of the gateway’s own.',
  ),
  toolName: pattern(
    'tool name',
    /^[A-Za-z0-9_./-]{1,128}$/,
    'is not a tool name: letters, digits, _ . / -, at most 128.',
  ),
  viewPattern: pattern(
    '`<backend>/<name>`, with `*` for any characters',
    /^(\*|[a-z0-9]([a-z0-9-]*[a-z0-9])?)\/\P{Cc}+$/u,
    'is not <backend>/<name>: the name of a backend (or * for all), a slash, and a name as the backend gives it; * stands for any characters.',
  ),
  toolPattern: pattern(
    'tool name, with `*` for any characters',
    /^[A-Za-z0-9_./*-]{1,128}$/,
    'is not a tool name or a pattern of them: letters, digits, _ . / - and *, at most 128.',
  ),
  prefixFormat: pattern(
    'text with `{workload}`',
    /^[A-Za-z0-9_./-]*(\{workload\}[A-Za-z0-9_./-]*)?$/,
    'is not a prefix: letters, digits, _ . / - and once {workload}.',
  ),
  keyId: pattern(
    'key id',
    /^[A-Za-z0-9._-]{1,64}$/,
    'is not a key id: letters, digits, . _ -, at most 64; quote a number.',
  ),
  environmentName: pattern(
    'name of an environment variable',
    /^[A-Za-z_][A-Za-z0-9_]*$/,
    'is not the name of an environment variable.',
  ),
  argument: pattern('text', /^[^\0]*$/, 'contains a NUL character.'),
  filePath: { describes: 'path', check: filePath },
  secretPathPart: pattern(
    'name',
    /^(?!\.{1,2}$)[A-Za-z0-9._-]+$/,
    'is not a name of a mounted secret or of a key in it.',
  ),
} as const satisfies Record<string, FormatRule>;

export type Format = keyof typeof FORMATS;

function dnsLabel(value: string): FormatProblem | undefined {
  if (DNS_LABEL.test(value)) return undefined;
  const repaired = value
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 63)
    .replace(/-+$/, '');
  return {
    message: 'is not a DNS label: lower-case letters, digits and inner hyphens, at most 63.',
    ...(repaired === '' ? {} : { instead: repaired }),
  };
}

const HOST_NAME = /^[a-z0-9-]+(\.[a-z0-9-]+)+(:\d{1,5})?$/;

function hostName(value: string): FormatProblem | undefined {
  if (HOST_NAME.test(value)) return undefined;
  const bare = value
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .replace(/\/.*$/s, '');
  return {
    message: 'is not a host name: no scheme, no path, lower case.',
    ...(HOST_NAME.test(bare) ? { instead: bare } : {}),
  };
}

function network(value: string): FormatProblem | undefined {
  const [address = '', length, ...more] = value.split('/');
  const version = address.includes('%') ? 0 : isIP(address);
  // A length of 0 would be everybody.
  const fits =
    length === undefined || (/^[1-9]\d{0,2}$/.test(length) && Number(length) <= (version === 4 ? 32 : 128));
  return version !== 0 && fits && more.length === 0
    ? undefined
    : { message: 'is neither an IP address nor a network such as 10.0.0.0/8 or fd00::/8.' };
}

const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

function scope(value: string): FormatProblem | undefined {
  if (SCOPE.test(value)) return undefined;
  const several = value.trim().split(/[\s,]+/);
  return {
    message: 'is not one scope: no spaces, quotes or backslashes; write several scopes as a list.',
    ...(several.length > 1 && several.every((one) => SCOPE.test(one)) ? { instead: several.join(', ') } : {}),
  };
}

function duration(value: string): FormatProblem | undefined {
  if (parseDurationMs(value) !== undefined) return undefined;
  return {
    message: 'is not a duration: a whole number and a unit (ms, s, m, h, d).',
    ...(/^\d{1,9}$/.test(value) ? { instead: `${value}s` } : {}),
  };
}

function uriScheme(value: string): FormatProblem | undefined {
  const message = redirectSchemeProblem(value);
  if (message === undefined) return undefined;
  const bare = value.toLowerCase().replace(/:.*$/s, '');
  return redirectSchemeProblem(bare) === undefined ? { message, instead: bare } : { message };
}

function size(value: string): FormatProblem | undefined {
  if (parseSizeBytes(value) !== undefined) return undefined;
  const decimal = /^(\d{1,9})\s*([KM])B?$/i.exec(value);
  return {
    message: 'is not a size: a whole number and a unit (B, KiB, MiB).',
    ...(decimal === null ? {} : { instead: `${decimal[1] ?? ''}${(decimal[2] ?? '').toUpperCase()}iB` }),
  };
}

const VARIABLE = /\$\{[^}]*\}|\{\{.*\}\}/;
const NOT_FILLED_IN = 'and none are filled in: write the value. Secrets are references ({ env: NAME }).';

/** A path of this machine, as the operating system takes it. */
function filePath(value: string): FormatProblem | undefined {
  return value.startsWith('~')
    ? { message: 'begins with ~, which only a shell knows: write the whole path.' }
    : identifier(value);
}

function identifier(value: string): FormatProblem | undefined {
  if (value === '') return { message: 'is empty.' };
  // In the middle of a text it may be meant.
  if (/^(\$\{[^}]*\}|\{\{.*\}\}|\$[A-Z_]+)$/.test(value))
    return { message: `is a variable, ${NOT_FILLED_IN}` };
  if (value.trim() !== value) return { message: 'begins or ends with a space.' };
  return CONTROL.test(value) ? { message: 'contains a control character.' } : undefined;
}

function url(value: string): FormatProblem | undefined {
  if (VARIABLE.test(value)) return { message: `has a variable in it, ${NOT_FILLED_IN}` };
  const parsed = URL.canParse(value) ? new URL(value) : undefined;
  if (parsed === undefined || !/^https?:\/\//i.test(value))
    return { message: 'is not an absolute http(s) URL.' };
  if (/^https?:\/\/[^/?#]*@/i.test(value))
    return { message: 'contains credentials; they do not belong in a URL.' };
  return /[#\s]/.test(value) ? { message: 'contains a fragment or a space.' } : undefined;
}

function issuerTemplate(value: string): FormatProblem | undefined {
  return value.split('{tenantid}').length === 2
    ? url(value.replace('{tenantid}', 'tenant'))
    : { message: 'does not contain {tenantid} once.' };
}

function json(value: string): FormatProblem | undefined {
  try {
    JSON.parse(value);
    return undefined;
  } catch {
    return { message: 'is not JSON.' };
  }
}

/** It is compared with what others write and has paths added to it, so there is one spelling of it. */
function baseUrl(value: string): FormatProblem | undefined {
  const problem = url(value);
  if (problem !== undefined) return problem;
  const { origin, pathname, search } = new URL(value);
  const path = pathname.replace(/\/+$/, '');
  const instead = origin + path;
  if (value === instead && /^(\/[A-Za-z0-9._~-]+)*$/.test(path)) return undefined;
  return search === '' && /^(\/[A-Za-z0-9._~-]+)*$/.test(path)
    ? {
        message: 'has capitals in its host, a default port, or a final slash: it is compared exactly.',
        instead,
      }
    : {
        message: 'has a query, or a path with other characters than letters, digits, . _ ~ -',
        instead: origin,
      };
}

const NATS_URL = /^(nats|tls):\/\/[^\s/@?#,]+$/;

function natsUrl(value: string): FormatProblem | undefined {
  if (NATS_URL.test(value)) return undefined;
  const bare = value
    .replace(/^[a-z]+:\/\//i, '')
    .replace(/^[^@]*@/, '')
    .replace(/[/?#].*$/s, '');
  const instead = `nats://${/:\d+$/.test(bare) ? bare : `${bare}:4222`}`;
  return {
    message: 'is not a server URL such as nats://nats:4222; credentials do not belong in it.',
    ...(!value.includes(',') && NATS_URL.test(instead) ? { instead } : {}),
  };
}

function proxyUrl(value: string): FormatProblem | undefined {
  const problem = url(value);
  if (problem !== undefined)
    return { message: `${problem.message} Credentials stand in egress.proxy.credentials.` };
  const { origin, pathname, search } = new URL(value);
  return pathname === '/' && search === ''
    ? undefined
    : { message: 'is not the origin of a proxy: it has no path.', instead: origin };
}

function originPattern(value: string): FormatProblem | undefined {
  const message = originPatternProblem(value);
  if (message === undefined) return undefined;
  const bare = URL.parse(value);
  const instead = bare === null || bare.origin === 'null' ? value.toLowerCase() : bare.origin;
  return originPatternProblem(instead) === undefined ? { message, instead } : { message };
}
