import { Inject, Injectable } from '@nestjs/common';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';
import { CsrfTokens } from '../http/csrf.js';
import { IssuerUrls } from '../http/issuer-urls.js';
import type { Shown } from '../http/shown.js';
import type { Exchange } from '../http/exchange.js';
import { BrowserSessions } from '../oauth-endpoints/browser-sessions.flow.js';
import type { ConnectState } from '../attempts/attempt.js';
import type { StoredAttempt } from '../attempts/attempt.store.js';
import { failurePage } from '../attempts/failure-page.js';
import { ConnectAttempt } from './connect-attempt.flow.js';
import { connectedPage, noAccountPage, nothingConnectedPage, wrongAccountPage } from './connect-pages.js';
import type { ConnectStep } from './connect-step.js';
import { StartConnect } from './start-connect.flow.js';

type Attempt = StoredAttempt<ConnectState>;

/** The connect page after a provider has answered. */
@Injectable()
export class ContinueConnect {
  constructor(
    private readonly attempts: ConnectAttempt,
    private readonly browsers: BrowserSessions,
    private readonly start: StartConnect,
    private readonly csrf: CsrfTokens,
    private readonly urls: IssuerUrls,
    @Inject(CONFIG) private readonly config: AuthorizationServerPart,
  ) {}

  async proceed(exchange: Exchange, id: string): Promise<Shown> {
    const attempt = await this.attempts.load(id, exchange.request.headers.cookie);
    const step = this.attempts.step(attempt);
    const { basePath } = this.urls;
    switch (step.kind) {
      case 'visit':
        return await this.start.away(attempt, step.provider);
      case 'refuse':
        return this.#failure(attempt, step);
      case 'no-account':
        await this.attempts.abandon(attempt);
        return { kind: 'page', page: noAccountPage(basePath) };
      case 'wrong-account':
        await this.attempts.abandon(attempt);
        return {
          kind: 'page',
          status: 403,
          page: wrongAccountPage(basePath, this.urls.path('/connections/sign-in')),
        };
      case 'adopt':
        return await this.#adopt(exchange, attempt, step);
    }
  }

  async answer(
    id: string,
    cookieHeader: string | undefined,
    form: ReadonlyMap<string, string>,
  ): Promise<Shown> {
    const attempt = await this.attempts.load(id, cookieHeader);
    this.csrf.check(boundTo(attempt), form);
    switch (form.get('decision')) {
      case 'retry':
        await this.attempts.retry(attempt, form.get('provider') ?? '');
        return { kind: 'redirect', status: 303, location: this.#address(attempt) };
      case 'cancel':
        await this.attempts.abandon(attempt);
        return { kind: 'page', page: nothingConnectedPage(this.urls.basePath) };
      default:
        throw new GatehouseError('request_invalid', 'no such decision');
    }
  }

  async #adopt(
    exchange: Exchange,
    attempt: Attempt,
    step: Extract<ConnectStep, { kind: 'adopt' }>,
  ): Promise<Shown> {
    const { accountId, provider } = step;
    const outcome = await this.attempts.adopt(attempt, accountId);
    if (outcome === 'leg_failed') return { kind: 'redirect', status: 303, location: this.#address(attempt) };
    // Going back in the history after signing out must not sign in again.
    if (outcome === 'adopted') await this.browsers.signIn(exchange, accountId);
    if (provider === undefined)
      return { kind: 'redirect', status: 303, location: this.urls.path('/connections') };
    return { kind: 'page', page: connectedPage(provider, this.urls.basePath) };
  }

  #failure(attempt: Attempt, { provider, reason }: Extract<ConnectStep, { kind: 'refuse' }>): Shown {
    const page = failurePage({
      provider,
      reason,
      optional: false,
      connected: [],
      backends: [],
      csrf: this.csrf.tokenFor(boundTo(attempt)),
      action: this.#address(attempt),
      basePath: this.urls.basePath,
    });
    return { kind: 'page', page, targets: { insecureHttp: this.config.insecureAllowHttp } };
  }

  #address({ id }: Attempt): string {
    return this.urls.path(`/connect/attempt/${id}`);
  }
}

/** The attempt's cookie was checked when it was loaded. */
const boundTo = ({ id, state }: Attempt): string => `connect ${id} ${state.browserBinding ?? ''}`;
