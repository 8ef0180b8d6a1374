import { sha256 } from '@gatehouse/kernel/digest';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import type { Database } from '@gatehouse/persistence/database';
import { errors, Provider, type Adapter, type AdapterPayload } from 'oidc-provider';
import { REQUEST_TTL_MS } from '../attempts/attempt.js';
import { FoundById } from './found-by-id.js';
import { queryRecords } from './record-query.js';
import { readPushed, SILENT } from './silent-requests.js';

const MODEL = 'PushedAuthorizationRequest';

const USED = 'the request_uri is not known (any more), or was used';

/**
 * Pushed authorization requests (RFC 9126), for all replicas. One that is begun in time is kept as long as its person takes:
 * whether it was used is asked at the end, so that neither a reload nor a scanner of links uses it up (FAPI 2.0 Security Profile,
 * section 5.3.2.2), and so that it is good for one sign-in, however many were begun with it.
 */
export class PushedRequests extends FoundById implements Adapter {
  constructor(
    private readonly database: Database,
    /** What it throws goes to the client, and nothing is kept. */
    private readonly beforeStored: () => Promise<void>,
  ) {
    super();
  }

  async upsert(id: string, payload: AdapterPayload, expiresInSeconds: number): Promise<void> {
    await this.beforeStored();
    const stored = { ...payload };
    delete stored.jti;
    await queryRecords(this.database, {
      name: 'pushed-request-keep',
      // The library looks at `exp`, which is that of the `request_uri`.
      text: `insert into oidc_records (model, id, payload, expires_at) values ($1, $2, $3, now() + $4 * interval '1 ms')`,
      values: [MODEL, sha256(id), JSON.stringify(stored), expiresInSeconds * SECOND_MS],
    });
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const { rows } = await queryRecords<{ payload: AdapterPayload }>(this.database, {
      name: 'pushed-request-find',
      // Most are never begun: only what is, is kept for longer than its `request_uri` is good for.
      text: `update oidc_records set expires_at = greatest(expires_at, now() + $3 * interval '1 ms')
        where model = $1 and id = $2 and expires_at > now() returning payload`,
      values: [MODEL, sha256(id), REQUEST_TTL_MS],
    });
    const [row] = rows;
    if (row !== undefined) return { ...row.payload, ...asAsked(row.payload), jti: id };
    // The library would go on without it, and then nobody knows whether it was used.
    if (interaction() !== undefined) throw new errors.InvalidRequestUri(USED);
    return undefined;
  }

  /** The last step of a sign-in can be repeated (HandOutCode). Another sign-in with the same request cannot. */
  async consume(id: string): Promise<void> {
    const { rowCount } = await queryRecords(this.database, {
      name: 'pushed-request-use',
      text: `update oidc_records set consumed_at = coalesce(consumed_at, now()), uid = $3
        where model = $1 and id = $2 and (consumed_at is null or uid = $3)`,
      values: [MODEL, sha256(id), sha256(interaction() ?? id)],
    });
    if (rowCount !== 1) throw new errors.InvalidRequestUri(USED);
  }

  async destroy(id: string): Promise<void> {
    await queryRecords(this.database, {
      name: 'pushed-request-destroy',
      text: 'delete from oidc_records where model = $1 and id = $2',
      values: [MODEL, sha256(id)],
    });
  }
}

/** A request with `prompt=none`, for the browser that brings it. */
function asAsked({ request }: AdapterPayload): Pick<AdapterPayload, 'request'> {
  if (typeof request !== 'string' || interaction() !== undefined) return {};
  return { request: readPushed(request, Provider.ctx?.oidc.params?.[SILENT] !== undefined) };
}

/** The sign-in that goes on. */
const interaction = (): string | undefined => Provider.ctx?.oidc.entities.Interaction?.uid;
