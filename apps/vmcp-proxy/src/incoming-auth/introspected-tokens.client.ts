import { createHash } from 'node:crypto';
import type { IncomingOidc, Introspection } from '@gatehouse/config/model/incoming-auth';
import { MINUTE_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { RecentMap } from '@gatehouse/kernel/recent-map';
import { Secret } from '@gatehouse/kernel/secret';
import { SingleFlight } from '@gatehouse/kernel/single-flight';
import { safeFetch } from '@gatehouse/safe-fetch/safe-fetch';
import { z } from 'zod';
import { delegateIn } from './delegate.js';
import { IncompleteAnswer } from './incomplete-answer.js';
import { principalKey, type Principal } from './principal.js';

/** RFC 7662, section 4: an answer is kept for a short time, since a token that was revoked is taken for as long. */
const USE_FOR_MS = 30 * SECOND_MS;
const MAX_TOKENS = 20_000;
/** A client asks for a new token every few minutes, and never comes with the old one again. */
const FORGETS_EVERY_MS = MINUTE_MS;
/** Of those that are none. Anybody can make them up, so they have no place among the others. */
const MAX_REFUSED = 2_000;
const TIMEOUT_MS = 5 * SECOND_MS;
const MAX_RESPONSE_BYTES = 64 * 1024;
/**
 * The issuer's server is not ours: a flood of made-up tokens must not become a flood of requests. Tokens that were active a moment ago
 * have as many places of their own: whoever makes some up keeps nobody out who is in.
 */
const MAX_QUESTIONS = 50;

/** RFC 7662, section 2.2. What Gatehouse needs to know whose token it is, and for what, has to be there. */
const activeToken = z.looseObject({
  active: z.literal(true),
  iss: z.string().optional(),
  sub: z.string().min(1),
  aud: z.union([z.string(), z.array(z.string())]),
  exp: z.number(),
  nbf: z.number().optional(),
  client_id: z.string().min(1),
  scope: z.string().optional(),
  token_type: z.string().optional(),
  /** RFC 8693, section 4.1. */
  act: z.looseObject({ sub: z.string() }).optional(),
});

const activeAlone = z.looseObject({ active: z.literal(true) });

type ActiveToken = z.output<typeof activeToken>;

interface Known {
  /** What the issuer leaves out about a token that it calls active: its configuration, not the caller, is at fault. */
  readonly missing?: readonly string[];
  /** Absent: it is none that is accepted here. */
  readonly token: ActiveToken | undefined;
  readonly principal: Principal | undefined;
  readonly askedAtMs: number;
}

export interface IntrospectionExpectation {
  readonly clockToleranceSeconds: number;
  readonly nowMs?: () => number;
}

type Issuer = IncomingOidc<Secret>['oidc'];

/** Asks the issuer about tokens that say nothing by themselves. Without an answer nobody gets in. */
export class IntrospectedTokens {
  /** By the hash of the token: what is remembered opens nothing. */
  readonly #known = new RecentMap<string, Known>(MAX_TOKENS);
  readonly #refused = new RecentMap<string, Known>(MAX_REFUSED);
  readonly #questions = new SingleFlight<string, Known>();
  readonly #asking = { known: 0, unknown: 0 };
  readonly #nowMs: () => number;
  #forgotAtMs = -Infinity;

  constructor(
    private readonly issuer: Issuer,
    private readonly introspection: Introspection<Secret>,
    private readonly expected: IntrospectionExpectation,
  ) {
    this.#nowMs = expected.nowMs ?? Date.now;
  }

  /** How many are remembered that were active. */
  get size(): number {
    return this.#known.size;
  }

  /**
   * @param audience that the token must have.
   * @throws {GatehouseError} `token_invalid`, or `unavailable` when the issuer does not say.
   */
  async verify(token: string, audience: string): Promise<Principal> {
    const hash = createHash('sha256').update(token).digest('base64url');
    const remembered = this.#known.get(hash) ?? this.#refused.get(hash);
    const isFresh = remembered !== undefined && this.#nowMs() - remembered.askedAtMs < USE_FOR_MS;
    const known = isFresh
      ? remembered
      : await this.#questions.run(hash, async () => await this.#ask(token, hash));
    return this.#admit(known, audience);
  }

  /** The answer is remembered, not what it allows: times and audience are looked at for each request. */
  #admit({ token, principal, missing = [] }: Known, audience: string): Principal {
    if (missing.length > 0) throw new IncompleteAnswer(missing);
    if (token === undefined || principal === undefined)
      throw refused('the issuer does not say that it is active');
    const now = this.#nowMs() / SECOND_MS;
    const tolerance = this.expected.clockToleranceSeconds;
    if (now >= token.exp + tolerance) throw refused('it has expired');
    if (token.nbf !== undefined && now < token.nbf - tolerance) throw refused('it is not valid yet');
    if (![token.aud].flat().includes(audience)) throw refused('it is for another resource');
    return principal;
  }

  async #ask(token: string, hash: string): Promise<Known> {
    const pool = this.#known.get(hash) === undefined ? 'unknown' : 'known';
    if (this.#asking[pool] >= MAX_QUESTIONS)
      throw new GatehouseError('unavailable', 'too many tokens are being asked about');
    this.#asking[pool] += 1;
    try {
      const askedAtMs = this.#nowMs();
      const answer = await this.#answer(token);
      const active = this.#accepted(answer);
      this.#forgetExpired(askedAtMs);
      const known = {
        missing: missingIn(answer),
        token: active,
        principal: active && this.#principal(active, token),
        askedAtMs,
      };
      (active === undefined ? this.#refused : this.#known).set(hash, known);
      (active === undefined ? this.#known : this.#refused).delete(hash);
      return known;
    } finally {
      this.#asking[pool] -= 1;
    }
  }

  #forgetExpired(nowMs: number): void {
    if (nowMs - this.#forgotAtMs < FORGETS_EVERY_MS) return;
    this.#forgotAtMs = nowMs;
    const now = nowMs / SECOND_MS - this.expected.clockToleranceSeconds;
    this.#known.forget(({ token }) => token === undefined || token.exp <= now);
  }

  /** Anything but a whole answer about an active token of this issuer is no token here. */
  #accepted(answer: unknown): ActiveToken | undefined {
    const read = activeToken.safeParse(answer);
    if (!read.success) return undefined;
    const { iss, token_type: type } = read.data;
    // RFC 7662, section 2.2: `iss` may be left out; one that is there is compared (RFC 8725, section 3.8).
    if (iss !== undefined && iss !== this.issuer.issuer) return undefined;
    // A token that is bound to a key would be taken from whoever stole it (RFC 9449, section 6.2; RFC 8705, section 3.2).
    if ('cnf' in read.data || (type !== undefined && type.toLowerCase() !== 'bearer')) return undefined;
    return read.data;
  }

  #principal(active: ActiveToken, token: string): Principal {
    const { issuer } = this.issuer;
    const delegate = delegateIn(active);
    return {
      issuer,
      subject: active.sub,
      clientId: active.client_id,
      scopes: new Set(active.scope?.split(' ').filter((scope) => scope !== '')),
      claims: { ...active, iss: issuer },
      token: new Secret(token),
      ...(delegate === undefined ? {} : { delegate }),
      key: principalKey(issuer, active.sub, undefined, delegate),
    };
  }

  async #answer(token: string): Promise<unknown> {
    const { url, clientId, clientSecret } = this.introspection;
    const response = await safeFetch(
      {
        url,
        method: 'POST',
        headers: {
          accept: 'application/json',
          'content-type': 'application/x-www-form-urlencoded',
          authorization: `Basic ${basicCredentials(clientId, clientSecret.reveal())}`,
        },
        body: new URLSearchParams({ token, token_type_hint: 'access_token' }).toString(),
      },
      { ...this.issuer, timeoutMs: TIMEOUT_MS, maxResponseBytes: MAX_RESPONSE_BYTES },
    ).catch((error: unknown) => {
      throw new GatehouseError('unavailable', 'the issuer cannot be asked about tokens', { cause: error });
    });
    // RFC 7662, section 2.3: an error is about the question, never about the token.
    if (response.status !== 200)
      throw new GatehouseError('unavailable', `the introspection endpoint answered with ${response.status}`);
    try {
      return JSON.parse(response.body.toString()) as unknown;
    } catch {
      throw new GatehouseError('unavailable', 'the introspection endpoint answered with no JSON');
    }
  }
}

/** Names of required members alone: no value of an answer gets into a log. */
function missingIn(answer: unknown): readonly string[] {
  const read = activeToken.safeParse(answer);
  if (read.success || !activeAlone.safeParse(answer).success) return [];
  const names = Object.keys(activeToken.shape);
  const said = read.error.issues.map(({ path: [name] }) => String(name));
  return names.filter((name) => said.includes(name));
}

const refused = (why: string): GatehouseError =>
  new GatehouseError('token_invalid', `the token is refused: ${why}`);

/** RFC 6749, section 2.3.1: both are form-encoded first. */
const basicCredentials = (clientId: string, clientSecret: string): string =>
  Buffer.from([clientId, clientSecret].map(formEncoded).join(':')).toString('base64');

const formEncoded = (text: string): string => new URLSearchParams({ text }).toString().slice('text='.length);
