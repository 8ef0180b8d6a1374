import type { Adapter, AdapterPayload } from 'oidc-provider';
import type { RegistrationTokens } from '../clients/registration-tokens.store.js';

/** The library's name of this kind of record. */
export const REGISTRATION_TOKEN = 'RegistrationAccessToken';

/** Registration access tokens, as the library keeps them: with their clients (RegistrationTokens). */
export class RegistrationTokenRecords implements Adapter {
  constructor(private readonly tokens: Pick<RegistrationTokens, 'keep' | 'clientOf' | 'end'>) {}

  async upsert(id: string, { clientId }: AdapterPayload): Promise<void> {
    if (clientId !== undefined) await this.tokens.keep(clientId, id);
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const clientId = await this.tokens.clientOf(id);
    return clientId === undefined ? undefined : { jti: id, kind: REGISTRATION_TOKEN, clientId };
  }

  async destroy(id: string): Promise<void> {
    await this.tokens.end(id);
  }

  /** Only codes and refresh tokens are consumed, have a grant, or are found otherwise. */
  consume(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  findByUid(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  findByUserCode(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  revokeByGrantId(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
}
