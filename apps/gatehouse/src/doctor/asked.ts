import { OutboundFailure } from '@gatehouse/safe-fetch/outbound-failure';
import {
  safeFetch,
  type SafeFetchOptions,
  type SafeRequest,
  type SafeResponse,
} from '@gatehouse/safe-fetch/safe-fetch';
import type { DoctorFinding } from './finding.js';

export type Egress = Omit<SafeFetchOptions, 'timeoutMs' | 'maxResponseBytes' | 'signal' | 'resolve'>;

/** Who is asked, as findings name them. */
export interface Party {
  /** The first half of a finding’s name. */
  readonly kind: 'provider' | 'backend' | 'public-url' | 'issuer' | 'introspection' | 'metadata-documents';
  readonly about: string;
  readonly egress: Egress;
  /** For each answer. */
  readonly withinMs: number;
}

export type Asked =
  | { readonly ok: true; readonly response: SafeResponse; readonly skewMs?: number }
  | { readonly ok: false; readonly finding: DoctorFinding };

const MAX_BYTES = 4 * 1_048_576;

/** One request, as the service would send it. What keeps it from being answered is a finding with a name. */
export async function asked(party: Party, request: SafeRequest): Promise<Asked> {
  const { caBundle, wayOut, allowPrivateIps, insecureAllowHttp } = party.egress;
  const options = {
    allowPrivateIps,
    insecureAllowHttp,
    ...(caBundle === undefined ? {} : { caBundle }),
    ...(wayOut === undefined ? {} : { wayOut }),
    timeoutMs: party.withinMs,
    maxResponseBytes: MAX_BYTES,
  };
  const askedAtMs = Date.now();
  try {
    const response = await safeFetch(request, options);
    const theirs = Date.parse(response.headers.get('date') ?? '');
    return {
      ok: true,
      response,
      ...(Number.isNaN(theirs) ? {} : { skewMs: skewOf(theirs, askedAtMs, Date.now()) }),
    };
  } catch (error) {
    return { ok: false, finding: troubleOf(party, new URL(request.url), error) };
  }
}

/**
 * How far another clock is ahead, at the least. The answer was made between the question and its arrival, at any moment: a machine
 * that is busy shows no skew. The header has whole seconds.
 */
function skewOf(theirsMs: number, askedAtMs: number, answeredAtMs: number): number {
  if (theirsMs > answeredAtMs) return theirsMs - answeredAtMs;
  return Math.min(0, theirsMs + 1_000 - askedAtMs);
}

interface Trouble {
  readonly name: string;
  readonly cause: string;
  readonly fix: string;
}

const AUTHORITY =
  'caBundle with the certificate of the authority that signed it, or a certificate of a public one';

/** By the codes of Node and OpenSSL. */
const TROUBLES: Readonly<Record<string, Trouble>> = {
  ENOTFOUND: {
    name: 'name-unknown',
    cause: 'The host name does not resolve.',
    fix: 'the right host name, or DNS where the services run',
  },
  EAI_AGAIN: {
    name: 'name-unknown',
    cause: 'The host name does not resolve now.',
    fix: 'DNS where the services run',
  },
  ECONNREFUSED: {
    name: 'not-listening',
    cause: 'Nothing listens there.',
    fix: 'start it, or write the port where it listens',
  },
  CERT_HAS_EXPIRED: {
    name: 'certificate-expired',
    cause: 'Its certificate has expired.',
    fix: 'renew the certificate there',
  },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    name: 'certificate-name',
    cause: 'Its certificate is for another name.',
    fix: 'the name that the certificate has, or a certificate for this one',
  },
  DEPTH_ZERO_SELF_SIGNED_CERT: {
    name: 'certificate-untrusted',
    cause: 'Its certificate is signed by itself.',
    fix: AUTHORITY,
  },
  SELF_SIGNED_CERT_IN_CHAIN: {
    name: 'certificate-untrusted',
    cause: 'Its certificate is of an authority that is not trusted.',
    fix: AUTHORITY,
  },
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: {
    name: 'certificate-untrusted',
    cause: 'Its certificate is of an authority that is not trusted.',
    fix: AUTHORITY,
  },
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: {
    name: 'certificate-chain',
    cause: 'It sends its certificate without those in between.',
    fix: 'the whole chain at the server, or caBundle',
  },
  ECONNRESET: {
    name: 'connection-broken',
    cause: 'It ends the connection.',
    fix: 'look into its log; https and http may be mixed up',
  },
  ERR_SSL_WRONG_VERSION_NUMBER: {
    name: 'no-tls',
    cause: 'It does not speak TLS at this port.',
    fix: 'http with insecureAllowHttp: true, or the port of https',
  },
  ERR_SSL_PACKET_LENGTH_TOO_LONG: {
    name: 'no-tls',
    cause: 'It does not speak TLS at this port.',
    fix: 'http with insecureAllowHttp: true, or the port of https',
  },
};

const BY_KIND: Readonly<Record<OutboundFailure['kind'], Trouble>> = {
  blocked: {
    name: 'address-refused',
    cause: 'The rules for outbound requests refuse this address.',
    fix: 'allowPrivateIps or insecureAllowHttp beside the URL, if it is meant',
  },
  timeout: {
    name: 'no-answer',
    cause: 'It does not answer in time.',
    fix: 'a way through firewalls for the services, or egress.proxy',
  },
  too_large: { name: 'answer-too-large', cause: 'Its answer is too large.', fix: 'look what answers there' },
  unreachable: {
    name: 'unreachable',
    cause: 'No connection can be made.',
    fix: 'a way through firewalls for the services, or egress.proxy',
  },
  broken: {
    name: 'connection-broken',
    cause: 'The connection ends before the answer does.',
    fix: 'look what answers there',
  },
};

function troubleOf({ kind, about }: Party, { origin }: URL, error: unknown): DoctorFinding {
  const code = codeIn(error);
  const failure = OutboundFailure.in(error);
  const { name, cause, fix } = TROUBLES[code ?? ''] ?? BY_KIND[failure?.kind ?? 'unreachable'];
  return {
    name: `${kind}-${name}`,
    about,
    cause,
    evidence: `A request to ${origin}: ${code ?? failure?.message ?? 'no answer'}.`,
    fix: `Needed: ${fix}.`,
  };
}

/** Somewhere in the causes; an attempt at several addresses has one for each. */
function codeIn(error: unknown, depth = 0): string | undefined {
  if (typeof error !== 'object' || error === null || depth > 8) return undefined;
  const { code, cause, errors } = error as Partial<Record<string, unknown>>;
  if (typeof code === 'string' && code in TROUBLES) return code;
  const [first] = Array.isArray(errors) ? (errors as readonly unknown[]) : [];
  return codeIn(cause ?? first, depth + 1);
}

const MAX_SKEW_MS = 30_000;

/** Tokens have times in them, and both sides compare them with their own clock. */
export function clockFinding({ kind, about }: Party, skewMs: number | undefined): readonly DoctorFinding[] {
  return skewMs === undefined || Math.abs(skewMs) <= MAX_SKEW_MS
    ? []
    : [
        {
          name: `${kind}-clock`,
          about,
          cause:
            'Its clock and the clock of this machine differ: tokens count as expired, or as not valid yet.',
          evidence: `Its Date header is ${Math.round(Math.abs(skewMs) / 1_000)} s ${skewMs > 0 ? 'ahead' : 'behind'}.`,
          fix: 'Set the clock that is wrong, and keep it right with NTP.',
        },
      ];
}

/** JSON of an answer; `undefined` where it is none, or no object. */
export function objectOf(response: SafeResponse): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(response.body.toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}

export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** A list of texts; `undefined` where nothing is announced. */
export const textsOf = (value: unknown): readonly string[] | undefined =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : undefined;

/** An OAuth error code (RFC 6749 section 5.2), which may be shown; anything else is not. */
export const errorCodeOf = (value: unknown): string =>
  typeof value === 'string' && /^[a-z_]{1,40}$/.test(value) ? value : 'no error code';
