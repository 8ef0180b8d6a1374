import { createHash, X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { CertificateHeader } from '@gatehouse/config/model/request-protection';
import { countedWarning } from '@gatehouse/observability/counted-warning';
import type { Log } from '@gatehouse/observability/log';
import { fromTrusted } from './trusted-proxies.js';

export type CertifiedRequest = Pick<IncomingMessage, 'headers' | 'rawHeaders' | 'socket'>;

/** One of an RSA key of 4096 bits, with some names, has 3,000. */
const MAX_CHARACTERS = 8_192;
const RFC_9440 = /^:([A-Za-z0-9+/]+={0,2}):$/;
const PEM = /^-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*$/;

/** What proxies write that always write something. */
const NONE = new Set(['', '::']);

type Reason = 'untrusted' | 'unreadable' | 'not_valid_now';

/**
 * The certificate that a client has shown to the reverse proxy in front of us, where TLS ends (RFC 8705, section 6.5; RFC 9440).
 * Whoever reaches us otherwise can write any header, and so the address of the connection decides.
 */
export class ClientCertificates {
  readonly #isFromProxy: ReturnType<typeof fromTrusted>;
  readonly #warnings: Readonly<Record<Reason, () => void>>;

  constructor(
    /** Absent: nothing is read. */
    private readonly rules: CertificateHeader | undefined,
    trustedProxies: readonly string[],
    log: Pick<Log, 'warn'>,
    private readonly nowMs: () => number = Date.now,
  ) {
    this.#isFromProxy = fromTrusted(trustedProxies);
    const warning = (reason: Reason) => countedWarning(log, 'client-certificate-not-believed', { reason });
    this.#warnings = {
      untrusted: warning('untrusted'),
      unreadable: warning('unreadable'),
      not_valid_now: warning('not_valid_now'),
    };
  }

  /** @returns `undefined`: none came that counts; a certificate that does not count is as none. */
  of({ headers, rawHeaders, socket }: CertifiedRequest): X509Certificate | undefined {
    const { rules } = this;
    const written = rules === undefined ? undefined : headers[rules.header];
    if (rules === undefined || written === undefined || NONE.has(String(written))) return undefined;
    if (!this.#isFromProxy(socket)) return this.#refused('untrusted');
    // Of two, one may be the caller's own: the proxy has added its header to it.
    const isOne = typeof written === 'string' && countOf(rules.header, rawHeaders) === 1;
    const certificate = isOne ? certificateIn(written, rules.encoding) : undefined;
    if (certificate === undefined) return this.#refused('unreadable');
    const nowMs = this.nowMs();
    const isValid =
      certificate.validFromDate.getTime() <= nowMs && nowMs <= certificate.validToDate.getTime();
    return isValid ? certificate : this.#refused('not_valid_now');
  }

  /** RFC 8705, section 3.1: `x5t#S256`. */
  thumbprintOf(request: CertifiedRequest): string | undefined {
    const certificate = this.of(request);
    return certificate && certificateThumbprint(certificate);
  }

  #refused(reason: Reason): X509Certificate | undefined {
    this.#warnings[reason]();
    return undefined;
  }
}

/** SHA-256 of the DER (RFC 7515, section 4.1.8). */
export const certificateThumbprint = ({ raw }: Pick<X509Certificate, 'raw'>): string =>
  createHash('sha256').update(raw).digest('base64url');

function certificateIn(
  written: string,
  encoding: CertificateHeader['encoding'],
): X509Certificate | undefined {
  if (written.length > MAX_CHARACTERS) return undefined;
  try {
    const bytes = encoding === 'rfc9440' ? derIn(written) : pemIn(written);
    return bytes && new X509Certificate(bytes);
  } catch {
    return undefined;
  }
}

/** RFC 9440, section 2.1: a byte sequence of structured fields, without parameters. */
function derIn(written: string): Buffer | undefined {
  const [, base64] = RFC_9440.exec(written) ?? [];
  return base64 === undefined ? undefined : Buffer.from(base64, 'base64');
}

function pemIn(written: string): Buffer | undefined {
  const pem = decodeURIComponent(written);
  return PEM.test(pem) ? Buffer.from(pem) : undefined;
}

/** Node joins those of one name. */
const countOf = (header: string, rawHeaders: readonly string[]): number =>
  rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === header).length;
