import { Injectable } from '@nestjs/common';
import { DeleteClient } from './delete-client.flow.js';
import { RegistrationTokens } from './registration-tokens.store.js';

/** What a client may do with its own registration (RFC 7592), by its registration access token. */
@Injectable()
export class OwnRegistration {
  constructor(
    private readonly tokens: RegistrationTokens,
    private readonly deletion: DeleteClient,
  ) {}

  /** Whether this is the token of this client. Of any other client, or of none, there is one answer: no. */
  async isManagedBy(clientId: string, token: string): Promise<boolean> {
    return (await this.tokens.clientOf(token)) === clientId;
  }

  /** Section 2.3. @returns false when this is not the token of this client (any more) */
  async delete(clientId: string, token: string): Promise<boolean> {
    return await this.deletion.run(clientId, (tx) => this.tokens.deleteClient(tx, clientId, token));
  }
}
