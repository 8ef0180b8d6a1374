import type { Adapter, AdapterPayload } from 'oidc-provider';
import type { RegistrationTokens } from '../clients/registration-tokens.store.js';
import { FoundById } from './found-by-id.js';

/** The library's name of this kind of record. */
export const REGISTRATION_TOKEN = 'RegistrationAccessToken';

/** Registration access tokens, as the library keeps them: with their clients (RegistrationTokens). */
export class RegistrationTokenRecords extends FoundById implements Adapter {
  constructor(private readonly tokens: Pick<RegistrationTokens, 'keep' | 'clientOf'>) {
    super();
  }

  async upsert(id: string, { clientId }: AdapterPayload): Promise<void> {
    if (clientId !== undefined) await this.tokens.keep(clientId, id);
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const clientId = await this.tokens.clientOf(id);
    return clientId === undefined ? undefined : { jti: id, kind: REGISTRATION_TOKEN, clientId };
  }

  /** The library ends the token of a client that it cannot use now, because the key of its secret is away. A token ends with its client. */
  destroy(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  /** Only codes and refresh tokens are consumed. */
  consume(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
}
