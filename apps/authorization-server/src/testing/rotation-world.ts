import { Metrics } from '@gatehouse/observability/metrics';
import { decodeJwt } from 'jose';
import { startServiceWorld, type ServiceWorld } from './service-world.js';
import { REDIRECT_URI, type TestService, type TokenAnswer } from './test-service.js';

export interface SignedIn {
  readonly clientId: string;
  readonly tsid: string;
  /** The first refresh token. */
  readonly first: string;
}

export interface SessionRow {
  readonly close_reason: string | null;
  readonly expires_at: Date;
}

export const REFUSED = { status: 400, error: 'invalid_grant' };

export const tsidOf = ({ access_token: token }: TokenAnswer): string =>
  String(decodeJwt(token ?? '')['tsid']);

export function refreshTokenOf({ refresh_token: token, ...answer }: TokenAnswer): string {
  if (token === undefined) throw new Error(`no refresh token: ${JSON.stringify(answer)}`);
  return token;
}

/** Two replicas of this service, and people who are signed in. */
export class RotationWorld {
  #people = 0;

  private constructor(
    readonly world: ServiceWorld,
    readonly service: TestService,
    readonly replica: TestService,
  ) {}

  static async start(): Promise<RotationWorld> {
    const world = await startServiceWorld();
    return new RotationWorld(
      world,
      world.service,
      await world.startAnother({ issuer: world.service.issuer }),
    );
  }

  async close(): Promise<void> {
    await this.world.close();
  }

  nextPerson(): string {
    return `person-${(this.#people += 1)}`;
  }

  async signedIn(): Promise<SignedIn> {
    const { clientId, answer } = await this.service.tokens(this.nextPerson());
    return { clientId, tsid: tsidOf(answer), first: refreshTokenOf(answer) };
  }

  /** At a client that authenticates itself. */
  async signedInWithSecret(): Promise<SignedIn & { readonly secret: string }> {
    const { service } = this;
    const registered = (await service.post('/oauth/register', {
      redirect_uris: [REDIRECT_URI],
      token_endpoint_auth_method: 'client_secret_post',
    })) as { readonly client_id: string; readonly client_secret: string };
    const { client_id: clientId, client_secret: secret } = registered;
    const { url, verifier } = service.authorizeUrl(clientId);
    const result = await service.signIn(service.browser(), url, this.nextPerson());
    const answer = await service.token({
      grant_type: 'authorization_code',
      client_id: clientId,
      client_secret: secret,
      code: result.get('code') ?? '',
      code_verifier: verifier,
      redirect_uri: REDIRECT_URI,
    });
    return { clientId, secret, tsid: tsidOf(answer), first: refreshTokenOf(answer) };
  }

  async successorOf(clientId: string, token: string, at = this.service): Promise<string> {
    return refreshTokenOf(await at.refresh(clientId, token));
  }

  /** Redemptions that all begin at once, by turns at each of the replicas. */
  async burst(
    { clientId, tsid, first }: SignedIn,
    size: number,
    at: readonly TestService[] = [this.service, this.replica],
  ): Promise<readonly (TokenAnswer | undefined)[]> {
    const asked = Array.from({ length: size }, async (_, index) => {
      try {
        return await at[index % at.length]?.refresh(clientId, first);
      } catch {
        return undefined;
      }
    });
    await Promise.race(asked);
    await this.keepInGrace(tsid);
    return await Promise.all(asked);
  }

  /** As if what was used had just been used, however slow the machine. */
  async keepInGrace(tsid: string): Promise<void> {
    await this.#moveUse(tsid, "now() + interval '1 hour'");
  }

  /** As if nobody could be waiting any more who came in the grace either. */
  async endGrace(tsid: string): Promise<void> {
    await this.#moveUse(tsid, "now() - interval '31 seconds'");
  }

  async #moveUse(tsid: string, to: string): Promise<void> {
    await this.world.rows.query({
      name: `use ${to}`,
      text: `update oidc_records set consumed_at = ${to} where consumed_at is not null and grant_id = $1`,
      values: [tsid],
    });
  }

  /** As if somebody had signed in that long ago. */
  async openedAgo(tsid: string, ageMs: number): Promise<void> {
    await this.world.rows.query({
      name: 'age-session',
      text: `update sessions set opened_at = now() - $2 * interval '1 ms' where tsid = $1`,
      values: [tsid, ageMs],
    });
  }

  async sessionOf(tsid: string): Promise<SessionRow | undefined> {
    const { rows } = await this.world.rows.query<SessionRow>({
      name: 'session',
      text: 'select close_reason, expires_at from sessions where tsid = $1',
      values: [tsid],
    });
    return rows[0];
  }

  /** Everything that is stored of a session. */
  async stored(tsid: string): Promise<readonly string[]> {
    const { rows } = await this.world.rows.query<{ line: string }>({
      name: 'stored',
      text: `select row_to_json(r)::text as line from oidc_records r where grant_id = $1
        union all select row_to_json(s)::text from sessions s where tsid::text = $1 order by line`,
      values: [tsid],
    });
    return rows.map(({ line }) => line);
  }

  /** Over all replicas. */
  async alarms(sign: string): Promise<number> {
    const metrics = [this.service, this.replica].map(({ app }) => app.get(Metrics).render());
    const line = new RegExp(`^gatehouse_token_theft_alarms_total\\{sign="${sign}"\\} (\\d+)`, 'm');
    return (await Promise.all(metrics)).reduce((sum, text) => sum + Number(line.exec(text)?.[1] ?? 0), 0);
  }
}
