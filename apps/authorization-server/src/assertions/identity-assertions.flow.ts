import { Inject, Injectable } from '@nestjs/common';
import { verifyWithAny } from '@gatehouse/access-tokens/verify-with-any';
import type { AssertionGrant } from '@gatehouse/config/model/client-grants';
import { grantOf } from '@gatehouse/config/model/client-limits';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import type { Clock } from '@gatehouse/kernel/clock';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { CLOCK, CONFIG } from '@gatehouse/service-process/injected';
import { createLocalJWKSet, decodeJwt, errors, type JWTPayload } from 'jose';
import { AssertionIssuerKeys, type AssertionIssuer, type KnownKeys } from './assertion-issuer-keys.client.js';
import {
  ASSERTION_ALGORITHMS,
  assertedPerson,
  ID_JAG_TYPE,
  type AssertedPerson,
} from './identity-assertion.js';

/** Why an assertion is not believed: for our log. */
export class AssertionRefused extends Error {}

/** Assertions about people that clients present (RFC 7521, section 5.2; RFC 7523, section 3). */
@Injectable()
export class IdentityAssertions {
  constructor(
    private readonly keys: AssertionIssuerKeys,
    @Inject(CONFIG)
    private readonly config: Pick<
      AuthorizationServerPart,
      'issuer' | 'assertionIssuers' | 'clientRegistration'
    >,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Where no client may present one, the grant is unknown, and the metadata does not name it. */
  get areTaken(): boolean {
    return this.config.clientRegistration.clients.some(
      ({ identityAssertions }) => identityAssertions !== undefined,
    );
  }

  grantOf(clientId: string): AssertionGrant | undefined {
    return grantOf('identityAssertions', clientId, this.config);
  }

  /** @throws {AssertionRefused} @throws {GatehouseError} `unavailable` when nobody can say. */
  async read(assertion: string, clientId: string, { issuers }: AssertionGrant): Promise<AssertedPerson> {
    const named = issuerIn(assertion);
    const issuer = this.config.assertionIssuers.find((one) => one.issuer === named);
    if (issuer === undefined || !issuers.includes(issuer.issuer))
      throw new AssertionRefused('its issuer is not believed');
    const read = assertedPerson(await this.#verified(assertion, issuer), issuer, clientId);
    if (!read.ok) throw new AssertionRefused(read.why);
    return read.person;
  }

  async #verified(assertion: string, issuer: AssertionIssuer): Promise<JWTPayload> {
    const keys = await this.keys.of(issuer);
    try {
      return await this.#payload(assertion, issuer, keys);
    } catch (error) {
      if (!isOfKeys(error)) throw refusal(error);
    }
    const newer = await this.keys.newerThan(issuer, keys);
    if (newer === undefined) throw new AssertionRefused('no key of its issuer has signed it');
    return await this.#payload(assertion, issuer, newer).catch((error: unknown) => {
      throw refusal(error);
    });
  }

  async #payload(
    assertion: string,
    issuer: AssertionIssuer,
    { value: keys }: KnownKeys,
  ): Promise<JWTPayload> {
    const { payload } = await verifyWithAny(assertion, createLocalJWKSet({ keys: [...keys] }), {
      algorithms: ASSERTION_ALGORITHMS,
      typ: ID_JAG_TYPE,
      issuer: issuer.issuer,
      audience: this.config.issuer,
      currentDate: new Date(this.clock.nowMs()),
      clockTolerance: issuer.clockToleranceMs / SECOND_MS,
      // However long it says that it is good for.
      maxTokenAge: issuer.maxAssertionLifespanMs / SECOND_MS,
      requiredClaims: ['exp', 'iat', 'sub', 'jti', 'client_id'],
    });
    return payload;
  }
}

/** Nothing is believed of it yet: it says which keys are to be tried. */
function issuerIn(assertion: string): string | undefined {
  try {
    return decodeJwt(assertion).iss;
  } catch {
    throw new AssertionRefused('it is no JWT');
  }
}

const isOfKeys = (error: unknown): boolean =>
  error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWSSignatureVerificationFailed;

/** The library's words name claims, and never what they say. */
const refusal = (error: unknown): AssertionRefused =>
  new AssertionRefused(error instanceof errors.JOSEError ? error.message : 'it cannot be read');
