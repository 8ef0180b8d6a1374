import { inStored, type Stored } from './stored-rows.js';

/** What the vault has recorded of a provider's connections. No token is read. */
export interface RecordedTokens {
  readonly provider: string;
  readonly connections: number;
  /** Connections whose tokens were renewed at least once since their person connected. */
  readonly renewed: number;
  /** Those that ended with their first access token: it is over, and nothing renewed it. */
  readonly ended: number;
  readonly withRefreshToken: number;
  readonly withoutRefreshToken: number;
  /** Whether the newest connection whose access token ends has no refresh token. */
  readonly newestHasNone: boolean;
  /** Renewed with another refresh token in the place of the one that was sent. */
  readonly rotated: number;
  readonly notRotated: number;
  /** Rotated, and then refused: they wait for a sign-in. */
  readonly rotatedRefused: number;
  /** Of access tokens that are JWTs, each set once: for whom they are. */
  readonly audiences: readonly (readonly string[])[];
}

/** What the vault has recorded of exchanges for a backend. */
interface RecordedExchanges {
  readonly backend: string;
  readonly audiences: readonly (readonly string[])[];
}

export interface Recorded {
  readonly providers: readonly RecordedTokens[];
  readonly exchanges: readonly RecordedExchanges[];
}

const NOTHING: Recorded = { providers: [], exchanges: [] };

/** More sets than anybody reads; the newest count. */
const MAX_SETS = 20;

/** What a person entered is of no provider (docs/adr/0054). */
const OF_PROVIDERS = 'provider = any($1) and set_aside_at is null and subject <> account_id::text';

const TOKENS = `select provider, count(*)::int as connections,
    (count(*) filter (where refreshed_at is not null))::int as renewed,
    (count(*) filter (where refreshed_at is null and state = 'reauth_required' and access_expires_at < now()))::int as ended,
    (count(*) filter (where has_refresh_token))::int as "withRefreshToken",
    (count(*) filter (where not has_refresh_token))::int as "withoutRefreshToken",
    coalesce((array_agg(not has_refresh_token order by connected_at desc)
      filter (where has_refresh_token is not null and access_expires_at is not null))[1], false) as "newestHasNone",
    (count(*) filter (where refresh_rotated))::int as rotated,
    (count(*) filter (where not refresh_rotated))::int as "notRotated",
    (count(*) filter (where refresh_rotated and state = 'reauth_required'))::int as "rotatedRefused"
  from connections where ${OF_PROVIDERS} group by provider order by provider`;

const AUDIENCES = `select named, audiences from (
    select named, audiences, row_number() over (partition by named order by at desc, audiences) as place from (
      select provider as named, token_audiences as audiences, max(access_obtained_at) as at from connections
        where ${OF_PROVIDERS} and state = 'live' and token_audiences <> '{}' group by 1, 2) sets) numbered
  where place <= ${MAX_SETS}`;

const EXCHANGED = `select named, audiences from (
    select named, audiences, row_number() over (partition by named order by at desc, audiences) as place from (
      select backend as named, token_audiences as audiences, max(obtained_at) as at from exchanged_tokens
        where token_audiences <> '{}' and expires_at > now() group by 1, 2) sets) numbered
  where place <= ${MAX_SETS}`;

interface Audiences {
  readonly named: string;
  readonly audiences: readonly string[];
}

const setsOf = (rows: readonly Audiences[], name: string): readonly (readonly string[])[] =>
  rows.filter(({ named }) => named === name).map(({ audiences }) => audiences);

/** Two questions for all providers, and one for all exchanges. */
export async function recordedTokens(stored: Stored, providers: readonly string[]): Promise<Recorded> {
  const recorded = await inStored(stored, async (rows): Promise<Recorded> => {
    const values = [providers];
    const tokens = await rows.query<Omit<RecordedTokens, 'audiences'>>({
      name: 'recorded-tokens',
      text: TOKENS,
      values,
    });
    const audiences = await rows.query<Audiences>({ name: 'recorded-audiences', text: AUDIENCES, values });
    const exchanged = await rows.query<Audiences>({ name: 'recorded-exchanges', text: EXCHANGED });
    return {
      providers: tokens.rows.map((one) => ({ ...one, audiences: setsOf(audiences.rows, one.provider) })),
      exchanges: [...new Set(exchanged.rows.map(({ named }) => named))].map((backend) => ({
        backend,
        audiences: setsOf(exchanged.rows, backend),
      })),
    };
  });
  return recorded ?? NOTHING;
}
