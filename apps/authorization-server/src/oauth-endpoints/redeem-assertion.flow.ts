import { Inject, Injectable } from '@nestjs/common';
import type { AssertionGrant } from '@gatehouse/config/model/client-grants';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import type { Clock } from '@gatehouse/kernel/clock';
import { sha256 } from '@gatehouse/kernel/digest';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import type { AccountId, SessionId } from '@gatehouse/kernel/ids';
import { JWT_BEARER_GRANT } from '@gatehouse/kernel/token-types';
import { AuditLog } from '@gatehouse/observability/audit-log';
import { CLOCK, CONFIG } from '@gatehouse/service-process/injected';
import { errors, type Provider, type TokenEndpointGrantContext } from 'oidc-provider';
import { resolveRequestedResources } from 'oidc-provider/lib/helpers/grants.js';
import { AssertionRefused, IdentityAssertions } from '../assertions/identity-assertions.flow.js';
import type { AssertedPerson } from '../assertions/identity-assertion.js';
import { AssertedPeople } from './asserted-people.flow.js';
import { assertedGrant, type AssertedVerdict } from './asserted-grant.js';
import { heldBy, isHeld, issueAccessToken, type Held } from './issue-access-token.flow.js';
import { withConfiguredResource } from './resource-parameter.js';

type Context = TokenEndpointGrantContext;
type Granted = Extract<AssertedVerdict, { kind: 'granted' }>;

/** RFC 7521, section 4.1, and what narrows it. */
const PARAMETERS = ['assertion', 'resource', 'scope'];

/**
 * Gives a client a token for a person whom an identity provider asserts to it (ID-JAG; RFC 7523, section 2.1). The person is asked
 * nothing: their organisation has decided. Everything is checked before the assertion is used up.
 */
@Injectable()
export class RedeemAssertion {
  constructor(
    private readonly assertions: IdentityAssertions,
    private readonly people: AssertedPeople,
    private readonly audit: AuditLog,
    @Inject(CONFIG)
    private readonly config: Pick<
      AuthorizationServerPart,
      'resourceUrl' | 'resourceUrls' | 'resourceIndicator'
    >,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Where no client may present any, the grant is unknown, and the metadata does not name it. */
  get areTaken(): boolean {
    return this.assertions.areTaken;
  }

  registerIn(provider: Provider): void {
    if (!this.areTaken) return;
    const repeated = ['resource'];
    provider.registerGrantType(
      JWT_BEARER_GRANT,
      async (ctx) => {
        await this.#redeem(ctx);
      },
      PARAMETERS,
      repeated,
    );
  }

  async #redeem(ctx: Context): Promise<void> {
    const { provider, client } = ctx.oidc;
    const held = await heldBy(ctx);
    const grant = this.#grantOf(client.clientId, client.clientAuthMethod);
    const person = await this.#person(ctx, grant, held);
    const verdict = this.#verdict(ctx, person, grant);
    // The library makes the target of a token of what was requested.
    Object.assign(ctx.oidc.params, { resource: verdict.resource });
    const [target] = await resolveRequestedResources(provider, ctx);
    if (target === undefined) throw new errors.InvalidTarget('resource is missing');
    const { accountId, tsid, endsAtMs } = await this.people.admit(person, {
      clientId: client.clientId,
      clientName: client.clientName ?? client.clientId,
    });
    const expiresIn = this.#lifetime(endsAtMs, grant);
    await issueAccessToken(ctx, {
      ...{ accountId, tsid, target, expiresIn, held, scopes: verdict.scopes },
      gty: 'identity_assertion',
      useUp: async () => {
        await this.people.useUp(person);
      },
      // Section 4.4.1 of the draft: what was granted.
      said: { parameters: { resource: verdict.resource } },
    });
    this.#tell(client.clientId, person, verdict, { accountId, tsid });
  }

  /** A client that authenticates is needed: an assertion alone is worth nothing. */
  #grantOf(clientId: string, authMethod: string | undefined): AssertionGrant {
    const grant = this.assertions.grantOf(clientId);
    // The library has looked at the grants of the client's record.
    if (grant === undefined)
      throw new errors.UnauthorizedClient('this client presents no assertions about people');
    if (authMethod === undefined || authMethod === 'none')
      throw new errors.InvalidClientAuth('the client did not authenticate');
    return grant;
  }

  /** @throws {errors.InvalidRequest} @throws {errors.InvalidGrant} RFC 7521, section 4.1.1: why is for our log alone. */
  async #person({ oidc }: Context, grant: AssertionGrant, held: Held): Promise<AssertedPerson> {
    const assertion = oidc.params['assertion'];
    if (typeof assertion !== 'string' || assertion === '')
      throw new errors.InvalidRequest('assertion is missing');
    try {
      const person = await this.assertions.read(assertion, oidc.client.clientId, grant);
      if (!isHeld(person.cnf, held)) throw new AssertionRefused('it is bound to another key or certificate');
      return person;
    } catch (error) {
      throw error instanceof AssertionRefused
        ? new errors.InvalidGrant(`the assertion is refused: ${error.message}`)
        : error;
    }
  }

  #verdict({ oidc }: Context, { resources, scopes }: AssertedPerson, grant: AssertionGrant): Granted {
    const asked = {
      resources: this.#configured([oidc.params['resource'] ?? []].flat().map(String)),
      scopes: [...oidc.requestParamScopes].filter((scope) => scope !== ''),
    };
    const asserted = { resources: this.#configured(resources), scopes };
    const verdict = assertedGrant(asserted, asked, grant, this.config.resourceUrl);
    if (verdict.kind === 'granted') return verdict;
    throw verdict.error === 'invalid_scope'
      ? new errors.InvalidScope(verdict.why, asked.scopes.join(' '))
      : new errors.InvalidTarget(verdict.why);
  }

  /** Other spellings are not other resources. */
  #configured(resources: readonly string[]): readonly string[] {
    const written = new URLSearchParams(
      resources.map((resource): [string, string] => ['resource', resource]),
    );
    return withConfiguredResource(written, this.config).getAll('resource');
  }

  /** In seconds. A token ends with its session. */
  #lifetime(endsAtMs: number, { lifespanMs }: AssertionGrant): number {
    const left = Math.floor(Math.min(lifespanMs, endsAtMs - this.clock.nowMs()) / SECOND_MS);
    if (left < 1) throw new errors.InvalidGrant('the session of the person ends at this moment');
    return left;
  }

  #tell(
    clientId: string,
    { issuer }: AssertedPerson,
    { resource, scopes }: Granted,
    { accountId, tsid }: { readonly accountId: AccountId; readonly tsid: SessionId },
  ): void {
    this.audit.write('assertion-redeemed', {
      subject: accountId,
      clientId,
      session: sha256(tsid),
      issuer,
      resource,
      scope: scopes.join(' '),
    });
  }
}
