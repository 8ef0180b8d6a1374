import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { BackendClient } from './backend.client.js';
import type { BackendResponse } from './backend-response.client.js';
import type { Cancellation } from './cancellation.js';
import type { Purpose } from './exchange-limits.flow.js';
import { ANONYMOUS, personKey, type Principal } from '../incoming-auth/principal.js';
import type { CredentialHeader } from '../outgoing-auth/credential-header.js';
import type { Credentials } from '../outgoing-auth/credentials.flow.js';

export interface AuthorizedRequest {
  readonly backend: string;
  readonly principal: Principal;
  readonly method?: 'GET' | 'POST' | 'DELETE';
  /** Everything but the credential; made by the gateway, never copied from the client's headers. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer | null;
  readonly deadlineAtMs: number;
  /** Left out: a call. */
  readonly purpose?: Purpose;
  readonly cancellation?: Cancellation;
}

/** Requests to backends with the credential that their strategy gives for the caller. */
export class AuthorizedBackend {
  constructor(
    private readonly client: BackendClient,
    private readonly credentials: Credentials,
  ) {}

  /**
   * Sends the request. A refused token means that it did not run: then it is sent once more, with another credential.
   * @throws {GatehouseError} of the credential, of the connection, or `backend_unauthorized`.
   */
  async send(request: AuthorizedRequest): Promise<BackendResponse> {
    const { backend, principal, deadlineAtMs } = request;
    const asked = this.credentials.of(principal, backend, deadlineAtMs);
    const credential = asked instanceof Promise ? await asked : asked;
    const response = await this.#sendWith(request, credential);
    if (!refusesToken(response)) return notForbidden(response, backend);
    // The first response gives its place to the second request.
    await response.discard();
    const another = await this.credentials.instead(principal, backend, credential, deadlineAtMs);
    if (another === undefined) throw refusedCredential(backend);
    const second = await this.#sendWith(request, another);
    if (!refusesToken(second)) return notForbidden(second, backend);
    void second.discard();
    throw refusedCredential(backend);
  }

  async #sendWith(
    request: AuthorizedRequest,
    credential: CredentialHeader | undefined,
  ): Promise<BackendResponse> {
    // Cancelled while the credential was on its way: nothing is sent at all.
    if (request.cancellation?.reason !== undefined) throw request.cancellation.reason;
    const { backend, principal, method, headers, body, deadlineAtMs, purpose, cancellation } = request;
    return await this.client.send(backend, {
      method: method ?? 'POST',
      headers:
        credential === undefined ? headers : { ...headers, [credential.name]: credential.value.reveal() },
      body,
      deadlineAtMs,
      purpose: purpose ?? 'call',
      person: principal.key === ANONYMOUS.key ? undefined : personKey(principal),
      ...(cancellation === undefined ? {} : { cancellation }),
    });
  }
}

const SAYS_INVALID_TOKEN = /(^|[\s,])error\s*=\s*"?invalid_token\b/i;

/** RFC 6750 section 3.1: `invalid_token` comes with 401. Some servers say the same with 403. */
const refusesToken = ({ status, headers }: BackendResponse): boolean =>
  status === 401 ||
  (status === 403 && SAYS_INVALID_TOKEN.test([headers['www-authenticate'] ?? ''].flat().join(', ')));

/** 403: the credential is understood and not enough; another one of the same kind would not be either. */
function notForbidden(response: BackendResponse, backend: string): BackendResponse {
  if (response.status !== 403) return response;
  void response.discard();
  throw refusedCredential(backend);
}

const refusedCredential = (backend: string): GatehouseError =>
  new GatehouseError('backend_unauthorized', 'the backend refused the credential', {
    details: { backend, ran: 'no' },
  });
