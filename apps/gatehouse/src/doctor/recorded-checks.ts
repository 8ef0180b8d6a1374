import type { Secret } from '@gatehouse/kernel/secret';
import { limitsWithin } from '@gatehouse/persistence/limited-pool';
import { schemaOf } from '@gatehouse/persistence/schema-of';
import pg from 'pg';
import type { Check, DoctorFinding } from './finding.js';

interface Renewals {
  readonly provider: string;
  /** Connections whose tokens were renewed at least once since their person connected. */
  readonly renewed: number;
  /** Those that ended with their first access token: it is over, and nothing renewed it. */
  readonly ended: number;
}

const RENEWALS = `select provider, (count(*) filter (where refreshed_at is not null))::int as renewed,
    (count(*) filter (where refreshed_at is null and state = 'reauth_required' and access_expires_at < now()))::int as ended
  from connections where provider = any($1) and set_aside_at is null group by provider`;

/** What the vault has seen of each provider’s refresh tokens, which nobody can ask for without a person. No token is read. */
export function recordedChecks(
  providers: readonly string[],
  url: Secret,
  withinMs: number,
): readonly Check[] {
  if (providers.length === 0) return [];
  return [
    {
      about: 'connections in the vault',
      run: async () =>
        (await renewalsOf(providers, url, withinMs)).flatMap((renewals) => findingsFor(renewals)),
    },
  ];
}

function findingsFor({ provider, renewed, ended }: Renewals): readonly DoctorFinding[] {
  return renewed > 0 || ended === 0
    ? []
    : [
        {
          name: 'provider-never-renewed',
          about: `provider ${provider}`,
          cause:
            'No connection to it was ever renewed: it gives no refresh tokens, or takes none back. People sign in anew whenever an access token ends.',
          evidence: `In the vault, ${ended} ${ended === 1 ? 'connection has' : 'connections have'} ended with the first access token, and none was renewed.`,
          fix: 'Ask for refresh tokens in the way that its documentation names (offline_access, access_type=offline), and allow them for this client there. The vault’s log says why a renewal failed (connection-needs-user, refresh-failed).',
        },
      ];
}

/** A database that cannot be used, or was not migrated, is said by the check of the database. */
async function renewalsOf(
  providers: readonly string[],
  url: Secret,
  withinMs: number,
): Promise<readonly Renewals[]> {
  const client = new pg.Client({
    connectionString: url.reveal(),
    ...limitsWithin(withinMs),
    options: `-c search_path=${schemaOf('token-vault')}`,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query<Renewals>(RENEWALS, [providers])).rows;
  } catch {
    return [];
  } finally {
    await client.end().catch(() => undefined);
  }
}
