import { errors, type Adapter, type AdapterPayload } from 'oidc-provider';

interface Entry {
  payload: AdapterPayload;
  readonly expiresAtMs: number;
}

const SWEEP_EVERY = 1_000;

/** What one provider remembers, in memory: its sessions, grants, codes and tokens. */
export class TokenStore {
  readonly #models = new Map<string, Map<string, Entry>>();
  #writes = 0;

  /** The storage of one kind of record, in the shape that oidc-provider asks for. */
  readonly adapter = (model: string): Adapter => {
    const entries = this.#entries(model);
    const read = (id: string): AdapterPayload | undefined => {
      const entry = entries.get(id);
      return entry !== undefined && entry.expiresAtMs > Date.now() ? entry.payload : undefined;
    };
    return {
      upsert: async (id, payload, expiresInSeconds) => {
        const expiresAtMs =
          expiresInSeconds === undefined ? Number.POSITIVE_INFINITY : Date.now() + expiresInSeconds * 1_000;
        entries.set(id, { payload, expiresAtMs });
        this.#sweepSometimes();
        return Promise.resolve();
      },
      find: async (id) => Promise.resolve(read(id)),
      findByUid: async (uid) =>
        Promise.resolve([...entries.values()].find(({ payload }) => payload.uid === uid)?.payload),
      findByUserCode: async () => Promise.resolve(undefined), // there is no device flow here
      consume: async (id) => {
        const payload = read(id);
        if (payload?.consumed !== undefined) {
          // Two requests raced with one code or refresh token: the same as using it twice (RFC 9700, section 4.14.2).
          this.#endGrant(payload.grantId);
        }
        if (payload === undefined || payload.consumed !== undefined)
          throw new errors.InvalidGrant(`${model} was already used`);
        payload.consumed = Math.floor(Date.now() / 1_000);
        return Promise.resolve();
      },
      destroy: async (id) => {
        entries.delete(id);
        return Promise.resolve();
      },
      revokeByGrantId: async (grantId) => {
        removeGrant(entries, grantId);
        return Promise.resolve();
      },
    };
  };

  /** Ends every stored access token; answers how many there were. */
  readonly expireAccessTokens = (): number => this.#empty('AccessToken');

  /** Ends every refresh token, used ones included; answers how many there were. */
  readonly revokeRefreshTokens = (): number => this.#empty('RefreshToken');

  #entries(model: string): Map<string, Entry> {
    let entries = this.#models.get(model);
    if (entries === undefined) this.#models.set(model, (entries = new Map<string, Entry>()));
    return entries;
  }

  #empty(model: string): number {
    const entries = this.#entries(model);
    const count = entries.size;
    entries.clear();
    return count;
  }

  #endGrant(grantId: string | undefined): void {
    if (grantId === undefined) return;
    this.#entries('Grant').delete(grantId);
    for (const model of ['AccessToken', 'RefreshToken', 'AuthorizationCode'])
      removeGrant(this.#entries(model), grantId);
  }

  #sweepSometimes(): void {
    this.#writes += 1;
    if (this.#writes % SWEEP_EVERY !== 0) return;
    const nowMs = Date.now();
    for (const entries of this.#models.values())
      for (const [id, entry] of entries) if (entry.expiresAtMs <= nowMs) entries.delete(id);
  }
}

function removeGrant(entries: Map<string, Entry>, grantId: string): void {
  for (const [id, { payload }] of entries) if (payload.grantId === grantId) entries.delete(id);
}
