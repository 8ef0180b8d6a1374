import { startBackend, type BackendBehaviour, type TestBackend } from '../backend.fixture.js';
import { AuthorizedBackend } from './authorized-backend.flow.js';
import { Credentials } from '../outgoing-auth/credentials.flow.js';
import { unauthenticated } from '../outgoing-auth/unauthenticated.js';
import { BackendClient } from './backend.client.js';
import { PLAIN_BACKEND } from './plain-backend.fixture.js';

/** A backend, and the way to it without a proxy around. */
export interface OneBackend {
  readonly name: 'one';
  readonly backend: TestBackend;
  readonly authorized: AuthorizedBackend;
  close(): Promise<void>;
}

export async function startOneBackend(kind: BackendBehaviour['kind'] = 'sessions'): Promise<OneBackend> {
  const name = 'one';
  const backend = await startBackend({ kind });
  const client = new BackendClient([{ ...PLAIN_BACKEND, name, url: backend.url }]);
  return {
    name,
    backend,
    authorized: new AuthorizedBackend(client, new Credentials(new Map([[name, unauthenticated]]))),
    async close() {
      await client.close();
      await backend.close();
    },
  };
}
