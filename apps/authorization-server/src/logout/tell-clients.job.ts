import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { Log } from '@gatehouse/observability/log';
import { fetchFunction, type FetchFunction } from '@gatehouse/safe-fetch/fetch-function';
import { OutboundFailure } from '@gatehouse/safe-fetch/outbound-failure';
import { CONFIG } from '@gatehouse/service-process/injected';
import { errors, Provider, type Client } from 'oidc-provider';
import { BACKCHANNEL_LOGOUT_URI } from '../clients/logout-uris.js';
import { OutboxWorker } from '../outbox/outbox-worker.job.js';
import { LogoutNotices, type LogoutNotice } from './logout-notices.store.js';
import { LogoutTokens } from './logout-tokens.js';

const TIMEOUT_MS = 5 * SECOND_MS;
/** Nothing of the answer is read (OpenID Connect Back-Channel Logout 1.0, section 2.8). */
const MAX_RESPONSE_BYTES = 4 * 1024;

/** Tells clients that a session of theirs has ended (OpenID Connect Back-Channel Logout 1.0, section 2.5). */
@Injectable()
export class TellClients implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #worker: OutboxWorker<LogoutNotice>;
  readonly #fetch: { readonly ofOperators: FetchFunction; readonly ofStrangers: FetchFunction };

  constructor(
    private readonly notices: LogoutNotices,
    private readonly tokens: LogoutTokens,
    private readonly provider: Provider,
    private readonly log: Log,
    @Inject(CONFIG) private readonly config: AuthorizationServerPart,
  ) {
    const common = { timeoutMs: TIMEOUT_MS, maxResponseBytes: MAX_RESPONSE_BYTES, wayOut: config.wayOut };
    const { allowPrivateIps } = config.clientRegistration.metadataDocuments;
    this.#fetch = {
      // Whoever wrote the configuration may name their own network.
      ofOperators: fetchFunction({ ...common, allowPrivateIps: true, insecureAllowHttp: true }),
      // Anybody can register: no request goes inside because a stranger says so.
      ofStrangers: fetchFunction({ ...common, allowPrivateIps, insecureAllowHttp: false, ofStrangers: true }),
    };
    this.#worker = new OutboxWorker({
      waiting: (limit) => notices.take(limit),
      keyOf: ({ tsid }) => tsid,
      tell: (notice) => this.#tell(notice),
      failed: (error) => log.failure('clients-not-told', error),
    });
  }

  onApplicationBootstrap(): void {
    this.#worker.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#worker.stop();
  }

  async #tell(notice: LogoutNotice): Promise<void> {
    const client = await this.#client(notice.clientId);
    // In its next turn.
    if (client === 'not readable') return;
    const uri = client?.[BACKCHANNEL_LOGOUT_URI];
    if (client === undefined || typeof uri !== 'string') {
      await this.notices.done(notice.tsid);
      return;
    }
    const outcome = await this.#send(uri, notice, client);
    const about = { clientId: notice.clientId, host: URL.parse(uri)?.host };
    if (outcome === 'told') this.log.info('client-told-of-logout', about);
    else this.log.warn('client-not-told-of-logout', { ...about, reason: outcome.reason });
    if (outcome === 'told' || !outcome.again) await this.notices.done(notice.tsid);
  }

  async #send(
    uri: string,
    notice: LogoutNotice,
    { idTokenSignedResponseAlg }: Client,
  ): Promise<'told' | { readonly reason: string; readonly again: boolean }> {
    const isConfigured = this.config.clientRegistration.clients.some(
      ({ clientId }) => clientId === notice.clientId,
    );
    const fetch = isConfigured ? this.#fetch.ofOperators : this.#fetch.ofStrangers;
    try {
      const body = new URLSearchParams({
        logout_token: await this.tokens.issue(notice, idTokenSignedResponseAlg),
      });
      const { status } = await fetch(uri, { method: 'POST', headers: {}, body });
      if (status === 200 || status === 204) return 'told';
      // Section 2.8: it was refused, or is no such endpoint. Saying it again changes nothing.
      return { reason: `status ${status}`, again: status >= 500 || status === 429 };
    } catch (error) {
      const failure = OutboundFailure.in(error);
      if (failure === undefined) throw error;
      // Whoever answers at such length has taken it.
      if (failure.kind === 'too_large') return 'told';
      return { reason: failure.message, again: failure.kind !== 'blocked' };
    }
  }

  async #client(clientId: string): Promise<Client | 'not readable' | undefined> {
    try {
      return await this.provider.Client.find(clientId);
    } catch (error) {
      if (error instanceof errors.InvalidClientMetadata) return undefined;
      // Its document cannot be had at the moment.
      if (error instanceof errors.OIDCProviderError) return 'not readable';
      throw error;
    }
  }
}
