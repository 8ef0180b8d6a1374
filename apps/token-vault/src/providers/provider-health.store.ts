import { Injectable } from '@nestjs/common';
import type {
  ProviderFailureKind,
  ProviderState,
  ProviderView,
} from '@gatehouse/contracts/token-vault/provider-health';
import { Database } from '@gatehouse/persistence/database';
import type { Contact } from './provider-contact.js';

interface HealthRow {
  readonly provider: string;
  readonly state: ProviderState;
  readonly since: Date;
  readonly answeredAt: Date | null;
  readonly failedAt: Date | null;
  readonly failure: ProviderFailureKind | null;
  readonly status: number | null;
}

/** Whichever came last. */
const FAILS = `coalesce(h.failed_at > coalesce(h.answered_at, '-infinity'), false)`;
const IS_NEW = '(h.answered_at is null and h.failed_at is null)';
/** The same thing is written once in so long, whoever finds it. */
const SAME_EVERY = `interval '2 seconds'`;

/** When it was found out, by the clock that all replicas share. Whoever writes later may have found out earlier. */
const FOUND_AT = `(select clock_timestamp() - $2::float8 * interval '1 ms' as at) found`;

/** How providers are, as all replicas have found. */
@Injectable()
export class ProviderHealthStore {
  /** Those that have a row. */
  readonly #rows = new Set<string>();

  constructor(private readonly database: Database) {}

  /** @param agoMs how long ago it was found out */
  async note(provider: string, contact: Contact, agoMs: number): Promise<void> {
    if (!this.#rows.has(provider)) {
      await this.database.query({
        name: 'provider-health-row',
        text: 'insert into provider_health (provider) values ($1) on conflict do nothing',
        values: [provider],
      });
      this.#rows.add(provider);
    }
    await (contact.kind === 'answered'
      ? this.#answered(provider, agoMs)
      : this.#failed(provider, contact, agoMs));
  }

  async #answered(provider: string, agoMs: number): Promise<void> {
    await this.database.query({
      name: 'provider-answered',
      text: `update provider_health h set answered_at = found.at,
          since = case when ${IS_NEW} or (${FAILS} and found.at > h.failed_at) then found.at else h.since end
        from ${FOUND_AT} where provider = $1 and found.at > coalesce(h.answered_at, '-infinity')
          and (${FAILS} or h.answered_at is null or h.answered_at < found.at - ${SAME_EVERY})`,
      values: [provider, agoMs],
    });
  }

  async #failed(
    provider: string,
    { failure, status, passing }: Extract<Contact, { readonly kind: 'failed' }>,
    agoMs: number,
  ): Promise<void> {
    await this.database.query({
      name: 'provider-failed',
      text: `update provider_health h set failed_at = found.at, failure = $3, status = $4, passing = $5,
          since = case when ${IS_NEW} or (not ${FAILS} and found.at > h.answered_at) then found.at else h.since end
        from ${FOUND_AT} where provider = $1 and found.at > coalesce(h.failed_at, '-infinity')
          and (not ${FAILS} or h.failed_at < found.at - ${SAME_EVERY}
            or h.failure is distinct from $3 or h.status is distinct from $4 or h.passing is distinct from $5)`,
      values: [provider, agoMs, failure, status ?? null, passing],
    });
  }

  async all(): Promise<ReadonlyMap<string, Omit<ProviderView, 'provider'>>> {
    const { rows } = await this.database.query<HealthRow>({
      name: 'provider-health',
      text: `select provider, since, answered_at as "answeredAt", failed_at as "failedAt", failure, status,
          case when ${FAILS} then case when passing then 'unavailable' else 'failing' end else 'working' end as state
        from provider_health h where h.failed_at is not null or h.answered_at is not null`,
    });
    return new Map(rows.map((row) => [row.provider, view(row)]));
  }
}

const view = ({
  state,
  since,
  answeredAt,
  failedAt,
  failure: kind,
  status,
}: HealthRow): Omit<ProviderView, 'provider'> => ({
  state,
  sinceMs: since.getTime(),
  ...(answeredAt === null ? {} : { answeredAtMs: answeredAt.getTime() }),
  ...(failedAt === null || kind === null
    ? {}
    : { failure: { atMs: failedAt.getTime(), kind, ...(status === null ? {} : { status }) } }),
});
