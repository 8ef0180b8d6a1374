import { Inject, Injectable } from '@nestjs/common';
import { machineClientsIn } from '@gatehouse/config/model/client-grants';
import { within } from '@gatehouse/config/model/client-limits';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CLOCK_TOLERANCE_SECONDS } from '@gatehouse/kernel/clock';
import { CONFIG } from '@gatehouse/service-process/injected';
import { jwtVerify } from 'jose';
import { z } from 'zod';
import { administersWith } from '../client-terms/administering-client.js';
import { ClientTerms } from '../client-terms/client-terms.js';
import { SessionStore } from '../sessions/session.store.js';
import type { Act } from './delegation.js';
import { SigningKeys } from '../signing-keys/signing-keys.js';

const actClaim: z.ZodType<Act> = z.lazy(() => z.object({ sub: z.string(), act: actClaim.optional() }));

/** RFC 9068, section 2.2, and what is ours. */
const ownClaims = z.looseObject({
  sub: z.string(),
  aud: z.string(),
  client_id: z.string(),
  scope: z.string().default(''),
  /** Absent: the token is its client's own. */
  tsid: z.uuid().optional(),
  exp: z.number(),
  /** RFC 8693, section 4.1: who acts for the person. */
  act: actClaim.optional(),
  /** RFC 8693, section 4.4. */
  may_act: z.looseObject({ sub: z.unknown() }).optional(),
  /** RFC 7800, section 3.1: whoever shows the token has to prove that they hold a key. */
  cnf: z.looseObject({}).optional(),
});

export type OwnAccessToken = Readonly<z.output<typeof ownClaims>>;

/** Access tokens that this server has issued, when somebody shows it one. */
@Injectable()
export class OwnAccessTokens {
  constructor(
    private readonly sessions: SessionStore,
    private readonly keys: SigningKeys,
    private readonly terms: ClientTerms,
    @Inject(CONFIG)
    private readonly config: Pick<
      AuthorizationServerPart,
      'issuer' | 'resourceUrls' | 'clientRegistration' | 'administration'
    >,
  ) {}

  /** @returns `undefined` unless it is a token of ours that has not expired; whether its session is open is not asked. */
  async read(token: unknown, clockTolerance = CLOCK_TOLERANCE_SECONDS): Promise<OwnAccessToken | undefined> {
    if (typeof token !== 'string') return undefined;
    try {
      const { payload } = await jwtVerify(token, this.keys.ofGood, {
        issuer: this.config.issuer,
        typ: 'at+jwt',
        clockTolerance,
        requiredClaims: ['exp', 'iat'],
      });
      return ownClaims.parse(payload);
    } catch {
      return undefined;
    }
  }

  /**
   * The same, for a resource that there is today, and of a session that is open: a revoked token is none, from the answer on. It holds no
   * more than the limits of its client say now.
   */
  async current(token: unknown, clockTolerance?: number): Promise<OwnAccessToken | undefined> {
    const whole = await this.read(token, clockTolerance);
    if (whole === undefined || !this.config.resourceUrls.includes(whole.aud)) return undefined;
    const { resources, scopes } = this.terms.limitsOf(whole.client_id);
    if (resources?.includes(whole.aud) === false) return undefined;
    const read = { ...whole, scope: within(whole.scope.split(' '), scopes).join(' ') };
    if (read.tsid === undefined) return this.#isOfClient(read) ? read : undefined;
    return (await this.sessions.endOf(read.tsid)) === undefined ? undefined : read;
  }

  /** The same for the administrator's API: of a client that gets such tokens today, or of a person whose session is open at one. */
  async ofAdministrator(token: unknown): Promise<OwnAccessToken | undefined> {
    const { administration, clientRegistration } = this.config;
    const read = await this.read(token);
    if (read === undefined || administration === undefined || read.aud !== administration.url)
      return undefined;
    if (read.tsid !== undefined) return (await this.#isOfAdministrator(read, read.tsid)) ? read : undefined;
    if (!this.#isOfClient(read)) return undefined;
    const known = clientRegistration.clients.find(({ clientId }) => clientId === read.client_id);
    return known?.clientCredentials?.resources.includes(read.aud) === true ? read : undefined;
  }

  async #isOfAdministrator({ client_id: clientId, act }: OwnAccessToken, tsid: string): Promise<boolean> {
    return (
      act === undefined &&
      administersWith(clientId, this.config) &&
      (await this.sessions.endOf(tsid)) !== undefined
    );
  }

  /** Whether it is a client's own token, of one that gets such tokens today. */
  #isOfClient({ sub, act, client_id: clientId }: OwnAccessToken): boolean {
    return sub === clientId && act === undefined && machineClientsIn(this.config).includes(clientId);
  }
}
