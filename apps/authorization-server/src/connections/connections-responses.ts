import type { Clock } from '@gatehouse/kernel/clock';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import type { UserSecretView } from '@gatehouse/config/user-secret-parts';
import type { ConnectionView } from '@gatehouse/contracts/token-vault/connection-list';
import type { CsrfTokens } from '../http/csrf.js';
import type { IssuerUrls } from '../http/issuer-urls.js';
import type { Shown } from '../http/shown.js';
import type { BrowserSession } from '../oauth-endpoints/browser-sessions.flow.js';
import type { ListedSession } from '../sessions/session.store.js';
import { connectionsPage, signedOutPage } from './connections-page.js';
import { unfitSecretPage } from './user-secret-items.js';

export interface ConnectionsFacts {
  readonly accountName: string;
  readonly sessions: readonly ListedSession[];
  readonly connections: readonly ConnectionView[];
}

/** Every response of the connections page, and its forms. */
export class ConnectionsResponses {
  constructor(
    private readonly csrf: CsrfTokens,
    private readonly urls: IssuerUrls,
    private readonly config: Pick<AuthorizationServerPart, 'upstreamProviders' | 'userSecrets'>,
    private readonly clock: Clock,
  ) {}

  list({ uid }: BrowserSession, { accountName, sessions, connections }: ConnectionsFacts): Shown {
    const page = connectionsPage({
      accountName,
      sessions,
      providers: this.config.upstreamProviders.map(({ name, backends }) => {
        const connection = connections.find(({ provider }) => provider === name);
        return { name, backends, ...(connection === undefined ? {} : { connection }) };
      }),
      secrets: this.config.userSecrets.map((secret) => {
        const connection = connections.find(({ provider }) => provider === secret.name);
        return { ...secret, ...(connection === undefined ? {} : { connection }) };
      }),
      nowMs: this.clock.nowMs(),
      csrf: this.csrf.tokenFor(uid),
      site: this.urls.site,
    });
    return { kind: 'page', page };
  }

  unfitSecret({ name, label }: UserSecretView): Shown {
    const page = unfitSecretPage(label, this.urls.path(`/connections#${name}`), this.urls.site);
    return { kind: 'page', status: 400, page };
  }

  signedOut(): Shown {
    return { kind: 'page', page: signedOutPage(this.urls.site) };
  }

  /** @throws {GatehouseError} `not_allowed` */
  check({ uid }: BrowserSession, form: ReadonlyMap<string, string>): void {
    this.csrf.check(uid, form);
  }

  toList(): Shown {
    return { kind: 'redirect', status: 303, location: this.urls.path('/connections') };
  }
}
