import { Injectable } from '@nestjs/common';
import type { BackendChallenge } from '@gatehouse/contracts/token-vault/backend-challenge';
import { newReference } from '@gatehouse/kernel/failure-reference';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { Log } from '@gatehouse/observability/log';
import { isMcp } from '../backend-oauth/mcp-provider.js';
import { wellFormed } from '../backend-oauth/requested-scopes.js';
import type { Connection } from '../connections/connection.js';
import { LackingScopeStore } from '../connections/lacking-scope.store.js';
import type { WantedOfSignIn } from '../providers/wished-sign-in.js';
import { ProviderRegistry } from '../providers/provider-registry.js';
import { reauthRequired } from '../refresh/reauth-required.js';
import { ExchangedTokenStore } from './exchanged-token.store.js';
import { wantedOfSignIn } from './wanted-of-sign-in.js';

/** A backend says that a token is good, and not good enough. Its person can help, at the provider that gave it. */
@Injectable()
export class StepUp {
  constructor(
    private readonly registry: ProviderRegistry,
    private readonly lacking: LackingScopeStore,
    private readonly store: ExchangedTokenStore,
    private readonly log: Log,
  ) {}

  /**
   * A token has too few scopes (MCP, step-up authorization flow). The backend's own authorization server can give more, when the
   * person agrees. No other provider is asked for what a backend likes to have, and none for more than the configuration says.
   * Resolves when nothing can be done. @throws {GatehouseError} `insufficient_scope` when the person can help
   */
  async ask({ id, provider }: Connection, lackingScope: string): Promise<void> {
    const configured = this.registry.find(provider);
    if (configured === undefined || !isMcp(configured) || configured.scopes.length > 0) return;
    const missing = await this.lacking.note(id, wellFormed(lackingScope.split(' ')));
    if (missing.length === 0) return;
    throw new GatehouseError('insufficient_scope', `a token of ${provider} lacks scopes`, {
      details: { provider },
    });
  }

  /** What the backend wants the sign-in of its person to show; `undefined`: nothing that this provider can be asked for. */
  wanted(provider: string, challenge: BackendChallenge | undefined): WantedOfSignIn | undefined {
    return challenge && wantedOfSignIn(this.registry.find(provider), challenge);
  }

  /**
   * The person is asked to sign in there again, and the provider is told what for: nobody else’s sign-in is.
   * @throws {GatehouseError} `reauth_required`, always
   */
  async signIn(
    { id, provider }: Pick<Connection, 'id' | 'provider'>,
    backend: string,
    wanted: WantedOfSignIn,
  ): Promise<never> {
    await this.store.noteWanted(id, wanted);
    const reference = newReference();
    this.log.info('sign-in-challenged', { backend, provider, connectionId: id, reference });
    throw reauthRequired({ provider }, reference);
  }
}
