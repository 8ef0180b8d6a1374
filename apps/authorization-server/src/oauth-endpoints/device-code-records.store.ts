import type { ClientLimits } from '@gatehouse/config/model/client-limits';
import { sha256 } from '@gatehouse/kernel/digest';
import { MINUTE_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { Database, Result, Statement } from '@gatehouse/persistence/database';
import { errors, Provider, type Adapter, type AdapterPayload } from 'oidc-provider';
import { limitedPayload } from './limited-clients.js';
import { POLL_INTERVAL_MS } from './device-settings.js';
import { queryRecords } from './record-query.js';
import type { UserCodeDigests } from './user-code.js';

export const DEVICE_CODE = 'DeviceCode';

/** A code is answered by `expired_token` for so long after its end, and not as if it had never been. */
const KNOWN_AFTER_END_MS = 10 * MINUTE_MS;
/**
 * A second use so soon is a race (docs/adr/0003-refresh-token-races.md). Far shorter than {@link POLL_INTERVAL_MS}: a device whose code
 * somebody else has used asks once more and then never again, and that question has to be taken for what it is.
 */
const GRACE_MS = 2 * SECOND_MS;
/** RFC 8628, section 3.5. */
const SLOW_DOWN_MS = 5 * SECOND_MS;
const MAX_PAUSE_MS = MINUTE_MS;
/** The way to us takes one question longer than another. */
const JITTER_MS = SECOND_MS;

interface DeviceCodeRow {
  readonly payload: AdapterPayload;
  readonly isUsed: boolean;
  readonly isInGrace: boolean;
  readonly isPending: boolean;
}

export interface DeviceCodeParts {
  readonly database: Pick<Database, 'query'>;
  readonly userCodes: UserCodeDigests;
  /** Of today. */
  readonly limitsOf: (clientId: string | undefined) => ClientLimits;
  /** What it throws leaves the code as it is. */
  readonly beforeUse: (code: {
    readonly grantId: string;
    readonly resource: unknown;
    readonly boundTo: unknown;
  }) => Promise<unknown>;
  /** What it throws goes to the device, and there is no code. */
  readonly beforeStored: (code: AdapterPayload) => Promise<void>;
}

const NOW_MS = `(extract(epoch from now()) * 1000)::bigint`;
/** Nobody has answered, and somebody still can. */
export const IS_PENDING = `(grant_id is null and not payload ? 'error' and (payload ->> 'exp')::bigint * 1000 > ${NOW_MS})`;
const IS_TOO_SOON = `coalesce((payload ->> 'nextPollMs')::bigint > ${NOW_MS}, false)`;
const PAUSE_MS = `least(coalesce((payload ->> 'pauseMs')::bigint, $3::bigint)
  + case when ${IS_TOO_SOON} then $4::bigint else 0 end, $6::bigint)`;

/** One row, changed by expressions of its own: of two replicas that are asked at once, one is asked too soon. */
const POLL = `update oidc_records set payload = payload || jsonb_build_object(
    'wasTooSoon', ${IS_TOO_SOON}, 'pauseMs', ${PAUSE_MS}, 'nextPollMs', ${NOW_MS} + ${PAUSE_MS} - $5::bigint)
  where model = $1 and id = $2 returning (payload ->> 'wasTooSoon')::boolean as "wasTooSoon"`;

/**
 * Device codes as the library keeps and redeems them (RFC 8628, sections 3.2, 3.4 and 3.5). What people do with them is in
 * `DeviceCodes`. Neither the device code nor the user code is stored.
 */
export class DeviceCodeRecords implements Adapter {
  constructor(private readonly parts: DeviceCodeParts) {}

  /** The library stores a code once, when it is made. */
  async upsert(id: string, payload: AdapterPayload, expiresInSeconds: number): Promise<void> {
    await this.parts.beforeStored(payload);
    const stored: AdapterPayload = { ...payload };
    delete stored.jti;
    delete stored.userCode;
    const { rowCount } = await this.#query({
      name: 'device-code-insert',
      text: `insert into oidc_records (model, id, payload, uid, expires_at)
        select $1, $2, $3, $4, now() + $5 * interval '1 ms' where not exists (
          select from oidc_records where model = $1 and uid = $4 and expires_at > now())`,
      values: [
        DEVICE_CODE,
        sha256(id),
        JSON.stringify(stored),
        this.parts.userCodes.of(payload.userCode ?? ''),
        expiresInSeconds * SECOND_MS + KNOWN_AFTER_END_MS,
      ],
    });
    if (rowCount !== 1) throw new GatehouseError('busy', 'another device has this user code by chance');
  }

  /** A device asks for its tokens. @throws {errors.SlowDown} */
  async find(id: string): Promise<AdapterPayload | undefined> {
    const { rows } = await this.#query<DeviceCodeRow>({
      name: 'device-code-find',
      text: `select payload, consumed_at is not null as "isUsed",
          coalesce(consumed_at > now() - $3 * interval '1 ms', false) as "isInGrace", ${IS_PENDING} as "isPending"
        from oidc_records
        where model = $1 and id = $2 and expires_at > now()`,
      values: [DEVICE_CODE, sha256(id), GRACE_MS],
    });
    const [row] = rows;
    if (row === undefined || row.isInGrace) return undefined;
    const { payload, isUsed, isPending } = row;
    // Whoever is another client is told so by the library, and holds nobody up.
    if (isPending && Provider.ctx?.oidc.client?.clientId === payload.clientId) await this.#poll(id);
    // The library looks at the end first, and would never see that an old code is used a second time.
    const limited = limitedPayload(payload, this.parts.limitsOf(payload.clientId));
    return { ...limited, jti: id, ...(isUsed ? { consumed: true, exp: Number.MAX_SAFE_INTEGER } : {}) };
  }

  /** Exactly one of any number of questions gets the tokens. A refusal is told as often as it is asked for. */
  async consume(id: string): Promise<void> {
    const { rows } = await this.#query<{
      readonly grantId: string | null;
      readonly resource: unknown;
    }>({
      name: 'device-code-grant',
      text: `select grant_id as "grantId", payload -> 'resource' as resource from oidc_records
        where model = $1 and id = $2 and consumed_at is null`,
      values: [DEVICE_CODE, sha256(id)],
    });
    const [row] = rows;
    if (row === undefined) throw new errors.InvalidGrant('already used');
    if (row.grantId === null) return;
    await this.parts.beforeUse({ grantId: row.grantId, resource: row.resource, boundTo: undefined });
    const { rowCount } = await this.#query({
      name: 'device-code-consume',
      text: `update oidc_records set consumed_at = now()
        where model = $1 and id = $2 and consumed_at is null and grant_id is not null`,
      values: [DEVICE_CODE, sha256(id)],
    });
    if (rowCount !== 1) throw new errors.InvalidGrant('already used');
  }

  async destroy(id: string): Promise<void> {
    await this.#query({
      name: 'device-code-destroy',
      text: 'delete from oidc_records where model = $1 and id = $2',
      values: [DEVICE_CODE, sha256(id)],
    });
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    await this.#query({
      name: 'device-code-revoke-by-grant',
      text: 'delete from oidc_records where model = $1 and grant_id = $2',
      values: [DEVICE_CODE, grantId],
    });
  }

  findByUid(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  /** The library asks on a page that has no route here. */
  findByUserCode(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async #poll(id: string): Promise<void> {
    const { rows } = await this.#query<{ readonly wasTooSoon: boolean }>({
      name: 'device-code-poll',
      text: POLL,
      values: [DEVICE_CODE, sha256(id), POLL_INTERVAL_MS, SLOW_DOWN_MS, JITTER_MS, MAX_PAUSE_MS],
    });
    if (rows[0]?.wasTooSoon === true) throw new errors.SlowDown('the device asks more often than interval');
  }

  async #query<Row extends object>(statement: Statement): Promise<Result<Row>> {
    return await queryRecords<Row>(this.parts.database, statement);
  }
}
