import { sha256 } from '@gatehouse/kernel/digest';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import type { Database, Result, Statement } from '@gatehouse/persistence/database';
import { columnsOf, type RowOf } from '@gatehouse/persistence/row-of';
import type { ClientLimits } from '@gatehouse/config/model/client-limits';
import type { ClientSecrets } from '../clients/client-secrets.store.js';
import type { RegistrationTokens } from '../clients/registration-tokens.store.js';
import type { OidcRecord } from '../generated/client.js';
import { errors, Provider, type Adapter, type AdapterFactory, type AdapterPayload } from 'oidc-provider';
import { DEVICE_CODE, DeviceCodeRecords } from './device-code-records.store.js';
import { limitedPayload } from './limited-clients.js';
import { PushedRequests } from './pushed-requests.store.js';
import { queryRecords } from './record-query.js';
import { REGISTRATION_TOKEN, RegistrationTokenRecords } from './registration-token-records.store.js';
import type { UserCodeDigests } from './user-code.js';

/**
 * A second use of a code counts as a race, not as a theft, for this long. The loser gets `invalid_grant`, and nothing else
 * happens (docs/adr/0003-refresh-token-races.md). `RefreshTokenStore` exchanges refresh tokens.
 */
const CODE_GRACE_MS = 10 * SECOND_MS;

/** The library takes its second use for a theft, and ends its grant. */
const SINGLE_USE = 'AuthorizationCode';

/** A code that has passed every check of the library's, and has not been used. */
interface UnusedCode {
  readonly grantId: string;
  readonly resource: unknown;
  /** Thumbprint of the key that its client has bound it to. */
  readonly boundTo: unknown;
}

export interface RecordAdapterParts {
  readonly database: Database;
  readonly clientSecrets: ClientSecrets;
  /** Runs when the library ends a grant. The session of the same id ends with it. */
  readonly onGrantEnded: (grantId: string) => Promise<void>;
  /** What it throws leaves the code as it is. */
  readonly beforeCodeIsUsed?: (code: UnusedCode) => Promise<unknown>;
  /** @returns false when the client's registration has ended. */
  readonly onSignInBegins: (clientId: string) => Promise<boolean>;
  /** Of today. */
  readonly limitsOf: (clientId: string | undefined) => ClientLimits;
  readonly userCodes: UserCodeDigests;
  readonly registrationTokens: RegistrationTokens;
}

/** A client's secret is sealed, and the value that a holder presents is left out. */
type StoredPayload = AdapterPayload & { sealed_client_secret?: string };

/** What a client comes back with for tokens. */
const LIMITED: ReadonlySet<string> = new Set([SINGLE_USE, 'RefreshToken']);

const FIELDS = ['payload', 'consumedAt'] as const;

interface RecordRow extends RowOf<OidcRecord, (typeof FIELDS)[number], { payload: StoredPayload }> {
  readonly isInGrace: boolean;
  readonly isSetAside: boolean;
}

const SELECT = `select ${columnsOf(FIELDS)}, set_aside_at is not null as "isSetAside",
  coalesce(consumed_at > now() - $3 * interval '1 ms', false) as "isInGrace"
  from oidc_records`;

/** All codes of the sign-in that one of them is of. */
const OF_ONE_GRANT = `select id from oidc_records where model = $1
  and (id = $2 or grant_id = (select grant_id from oidc_records where model = $1 and id = $2))`;

/**
 * A used code is kept for a code's whole life, because that long another one of its grant can be presented. $3: when it was
 * presented, if its client has waited since.
 */
const CONSUME = `update oidc_records set
    consumed_at = case when id = $2 then now() end,
    expires_at = case when id = $2 then now() + (expires_at - created_at) else now() end
  where model = $1 and consumed_at is null and (expires_at is null or expires_at > coalesce($3::timestamptz, now())) and id in (${OF_ONE_GRANT})
    and not exists (select from oidc_records where consumed_at is not null and model = $1 and id in (${OF_ONE_GRANT}))
  returning id`;

/** Whoever makes a request a second time, or has read it before it was answered, does not take its answer away. */
const KEEPS_ANSWER = `(excluded.model <> 'Interaction' or not oidc_records.payload ? 'result' or excluded.payload ? 'result')`;

/** oidc-provider's storage. The value that a holder presents (`id`) is stored as its SHA-256 only, and never in the payload. */
class RecordAdapter implements Adapter {
  constructor(
    private readonly model: string,
    private readonly parts: RecordAdapterParts,
  ) {}

  async upsert(id: string, payload: AdapterPayload, expiresInSeconds?: number): Promise<void> {
    if (this.model === 'Client' && Provider.ctx?.oidc.route === 'client_update') {
      await this.#change(id, payload);
      return;
    }
    if (this.model === 'Interaction') await keepClient(this.parts, payload.params?.['client_id']);
    await this.#query({
      name: 'record-upsert',
      text: `insert into oidc_records (model, id, payload, grant_id, uid, expires_at)
        values ($1, $2, $3, $4, $5, now() + $6 * interval '1 ms')
        on conflict (model, id) do update
        set payload = excluded.payload, grant_id = excluded.grant_id, uid = excluded.uid, expires_at = excluded.expires_at
        where ${KEEPS_ANSWER}`,
      values: [
        this.model,
        sha256(id),
        JSON.stringify(this.#stored(id, payload)),
        payload.grantId ?? null,
        payload.uid ?? null,
        expiresInSeconds === undefined ? null : expiresInSeconds * SECOND_MS,
      ],
    });
  }

  /** A registration that was deleted meanwhile stays deleted. Its token stays what it is. */
  async #change(id: string, payload: AdapterPayload): Promise<void> {
    const { rowCount } = await this.#query({
      name: 'record-change',
      text: 'update oidc_records set payload = $3 where model = $1 and id = $2',
      values: [this.model, sha256(id), JSON.stringify(this.#stored(id, payload))],
    });
    if (rowCount === 0) throw new errors.InvalidToken('the client is not there any more');
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const { rows } = await this.#query<RecordRow>({
      name: 'record-find',
      text: `${SELECT} where model = $1 and id = $2 and (expires_at is null or expires_at > now())`,
      values: [this.model, sha256(id), CODE_GRACE_MS],
    });
    return await this.#restored(rows[0], id);
  }

  /** For browser sessions only. Their `jti` is the cookie itself, which stays unknown here. */
  async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    const { rows } = await this.#query<RecordRow>({
      name: 'record-find-by-uid',
      text: `${SELECT} where model = $1 and uid = $2 and (expires_at is null or expires_at > now())`,
      values: [this.model, uid, CODE_GRACE_MS],
    });
    return await this.#restored(rows[0]);
  }

  /** People enter such codes on a page of ours (DeviceCodes). */
  findByUserCode(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  /**
   * Exactly one of any number of redemptions passes, whichever code of the grant they present. A sign-in whose last step was
   * repeated has several; the others end here, and are then unknown rather than used twice. One that is made at this moment
   * is not among them, so each redemption also looks for a used one, behind the lock of the codes that it shares with others.
   */
  async consume(id: string): Promise<void> {
    const presentedAt = await this.#beforeUse(id);
    const values = [this.model, sha256(id)];
    const rows = await this.parts.database.transaction(async (tx) => {
      await tx.query({ name: 'record-consume-lock', text: `${OF_ONE_GRANT} order by id for update`, values });
      const consumed = await tx.query<{ id: string }>({
        name: 'record-consume',
        text: CONSUME,
        values: [...values, presentedAt ?? null],
      });
      return consumed.rows;
    });
    if (!rows.some((row) => row.id === sha256(id))) throw new errors.InvalidGrant('already used');
  }

  /** @returns when the code was presented, where its client had to wait for others. */
  async #beforeUse(id: string): Promise<Date | undefined> {
    const { beforeCodeIsUsed } = this.parts;
    if (beforeCodeIsUsed === undefined || this.model !== SINGLE_USE) return undefined;
    const { rows } = await this.#query<
      { grantId: string | null; presentedAt: Date } & Omit<UnusedCode, 'grantId'>
    >({
      name: 'record-grant',
      text: `select grant_id as "grantId", payload->'resource' as resource,
          payload->'dpopJkt' as "boundTo", now() as "presentedAt" from oidc_records
        where model = $1 and id = $2 and consumed_at is null`,
      values: [this.model, sha256(id)],
    });
    const [row] = rows;
    if (typeof row?.grantId === 'string')
      await beforeCodeIsUsed({ grantId: row.grantId, resource: row.resource, boundTo: row.boundTo });
    return row?.presentedAt;
  }

  async destroy(id: string): Promise<void> {
    // The library destroys an interaction before its answer has reached the browser. We answer again (HandOutCode).
    if (this.model === 'Interaction') return;
    await this.#query({
      name: 'record-destroy',
      text: 'delete from oidc_records where model = $1 and id = $2',
      values: [this.model, sha256(id)],
    });
    if (this.model === 'Grant') await this.parts.onGrantEnded(id);
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    await this.#query({
      name: 'record-revoke-by-grant',
      text: 'delete from oidc_records where model = $1 and grant_id = $2',
      values: [this.model, grantId],
    });
  }

  async #query<Row extends object>(statement: Statement): Promise<Result<Row>> {
    return await queryRecords<Row>(this.parts.database, statement);
  }

  #stored(id: string, payload: AdapterPayload): StoredPayload {
    const stored: StoredPayload = { ...payload };
    delete stored.jti;
    delete stored.client_secret;
    if (payload.session !== undefined) {
      stored.session = { ...payload.session };
      delete stored.session.cookie;
    }
    if (payload.client_secret !== undefined)
      stored.sealed_client_secret = this.parts.clientSecrets.seal(id, payload.client_secret);
    return stored;
  }

  async #restored(row: RecordRow | undefined, id?: string): Promise<AdapterPayload | undefined> {
    if (row === undefined || (row.isInGrace && this.model === SINGLE_USE)) return undefined;
    const { sealed_client_secret: sealed, ...stored } = row.payload;
    const payload = LIMITED.has(this.model)
      ? limitedPayload(stored, this.parts.limitsOf(stored.clientId))
      : stored;
    if (sealed !== undefined && id !== undefined) {
      const secret = await this.parts.clientSecrets.open({
        clientId: id,
        sealed,
        isSetAside: row.isSetAside,
      });
      if (secret === undefined) return undefined;
      payload.client_secret = secret;
    }
    return {
      ...payload,
      ...(id === undefined || this.model === 'Client' ? {} : { jti: id }),
      ...(row.consumedAt === null || this.model !== SINGLE_USE
        ? {}
        : { consumed: Math.floor(row.consumedAt.getTime() / SECOND_MS) }),
    };
  }
}

/**
 * Before a sign-in is kept, so that its client is not swept from under it.
 * @throws {errors.InvalidClient} as the library says it of a client that it does not know
 */
async function keepClient(
  { onSignInBegins }: Pick<RecordAdapterParts, 'onSignInBegins'>,
  clientId: unknown,
): Promise<void> {
  if (typeof clientId === 'string' && !(await onSignInBegins(clientId)))
    throw new errors.InvalidClient('client is invalid', 'its registration has just ended');
}

export const recordAdapterFactory =
  (parts: RecordAdapterParts): AdapterFactory =>
  (model) => {
    switch (model) {
      case 'PushedAuthorizationRequest':
        return new PushedRequests(parts.database, async () => {
          await keepClient(parts, Provider.ctx?.oidc.client?.clientId);
        });
      case REGISTRATION_TOKEN:
        return new RegistrationTokenRecords(parts.registrationTokens);
      case DEVICE_CODE: {
        const { database, userCodes, beforeCodeIsUsed, limitsOf } = parts;
        return new DeviceCodeRecords({
          database,
          userCodes,
          limitsOf,
          beforeUse: async (code) => beforeCodeIsUsed?.(code),
          beforeStored: async ({ clientId }) => {
            await keepClient(parts, clientId);
          },
        });
      }
      default:
        return new RecordAdapter(model, parts);
    }
  };
