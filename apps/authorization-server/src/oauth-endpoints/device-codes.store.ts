import { Inject, Injectable } from '@nestjs/common';
import { sha256 } from '@gatehouse/kernel/digest';
import { Database, type Statement } from '@gatehouse/persistence/database';
import { DEVICE_CODE, IS_PENDING } from './device-code-records.store.js';
import { USER_CODES, type UserCodeDigests } from './user-code.js';

/** A code as a person enters it, before a browser has it. */
export interface EnteredCode {
  /** Digest of the device code: its row. It is worth nothing to whoever asks for tokens. */
  readonly row: string;
  /** Of the device's request, as the library checked it. */
  readonly params: Readonly<Record<string, unknown>>;
  /** Digest of the authorization request that has it. */
  readonly claimedBy: string | null;
}

/** A code and the one authorization request, in one browser, that may answer it. */
export interface ClaimedCode {
  readonly row: string;
  readonly uid: string;
}

/** What its device gets tokens by. */
export interface GrantedCode {
  readonly accountId: string;
  readonly grantId: string;
  readonly scope: string;
  readonly resource: string;
  readonly authTime: number | undefined;
  readonly acr: string | undefined;
  readonly amr: string[] | undefined;
}

export type CodeState = 'pending' | 'approved' | 'refused' | 'over';

/** Whoever is answered in the last second is asked for after it: the device comes every few seconds. */
const MIN_AFTER_ANSWER_SECONDS = 60;
const KEPT = `jsonb_build_object('exp', greatest((payload ->> 'exp')::bigint,
  extract(epoch from now())::bigint + ${MIN_AFTER_ANSWER_SECONDS}))`;

const OWN = `model = $1 and id = $2 and payload ->> 'claimedBy' = $3`;

/** What people do with device codes (RFC 8628, section 3.3). Each is a compare-and-set, because replicas share the rows. */
@Injectable()
export class DeviceCodes {
  constructor(
    private readonly database: Database,
    @Inject(USER_CODES) private readonly userCodes: UserCodeDigests,
  ) {}

  /** @returns `undefined` for a code that nobody shows, or that is answered or over. */
  async entered(userCode: string): Promise<EnteredCode | undefined> {
    const { rows } = await this.database.query<EnteredCode>({
      name: 'device-code-entered',
      text: `select id as row, payload -> 'params' as params, payload ->> 'claimedBy' as "claimedBy" from oidc_records
        where model = $1 and uid = $2 and consumed_at is null and ${IS_PENDING}`,
      values: [DEVICE_CODE, this.userCodes.of(userCode)],
    });
    return rows[0];
  }

  /** One browser has the code from now on. The same again changes nothing. @returns whether it is this one. */
  async claim({ row, uid }: ClaimedCode): Promise<boolean> {
    return await this.#changes({
      name: 'device-code-claim',
      text: `update oidc_records set payload = payload || jsonb_build_object('claimedBy', $3::text)
        where model = $1 and id = $2 and coalesce(payload ->> 'claimedBy', $3) = $3 and ${IS_PENDING}`,
      values: [DEVICE_CODE, row, sha256(uid)],
    });
  }

  async stateOf({ row, uid }: ClaimedCode): Promise<CodeState> {
    const { rows } = await this.database.query<{
      readonly isPending: boolean;
      readonly isApproved: boolean;
      readonly isRefused: boolean;
    }>({
      name: 'device-code-state',
      text: `select ${IS_PENDING} as "isPending", grant_id is not null as "isApproved", payload ? 'error' as "isRefused"
        from oidc_records where ${OWN}`,
      values: [DEVICE_CODE, row, sha256(uid)],
    });
    const [found] = rows;
    if (found?.isPending === true) return 'pending';
    if (found?.isApproved === true) return 'approved';
    return found?.isRefused === true ? 'refused' : 'over';
  }

  /** The same again changes nothing. @returns `false`: the code ended meanwhile, or was answered otherwise. */
  async approve({ row, uid }: ClaimedCode, { grantId, ...granted }: GrantedCode): Promise<boolean> {
    return await this.#changes({
      name: 'device-code-approve',
      text: `update oidc_records set payload = payload || $4::jsonb || ${KEPT}, grant_id = $5 where ${OWN}
        and (grant_id = $5 or (consumed_at is null and ${IS_PENDING}))`,
      values: [DEVICE_CODE, row, sha256(uid), JSON.stringify({ ...granted, grantId }), grantId],
    });
  }

  /** @param why what the device is told with `access_denied` */
  async refuse({ row, uid }: ClaimedCode, why: string): Promise<void> {
    await this.#changes({
      name: 'device-code-refuse',
      text: `update oidc_records set payload = payload || $4::jsonb || ${KEPT} where ${OWN} and ${IS_PENDING}`,
      values: [
        DEVICE_CODE,
        row,
        sha256(uid),
        JSON.stringify({ error: 'access_denied', errorDescription: why }),
      ],
    });
  }

  async #changes(statement: Statement): Promise<boolean> {
    const { rowCount } = await this.database.query(statement);
    return rowCount === 1;
  }
}
