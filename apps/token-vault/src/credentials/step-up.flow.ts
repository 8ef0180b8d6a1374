import { Injectable } from '@nestjs/common';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { isMcp } from '../backend-oauth/mcp-provider.js';
import { wellFormed } from '../backend-oauth/requested-scopes.js';
import type { Connection } from '../connections/connection.js';
import { LackingScopeStore } from '../connections/lacking-scope.store.js';
import { ProviderRegistry } from '../providers/provider-registry.js';

/**
 * A backend says that a token has too few scopes (MCP, step-up authorization flow). Its own authorization server can give
 * more, when the person agrees. No other provider is asked for what a backend likes to have, and none for more than the
 * configuration says.
 */
@Injectable()
export class StepUp {
  constructor(
    private readonly registry: ProviderRegistry,
    private readonly lacking: LackingScopeStore,
  ) {}

  /** Resolves when nothing can be done. @throws {GatehouseError} `insufficient_scope` when the person can help */
  async ask({ id, provider }: Connection, lackingScope: string): Promise<void> {
    const configured = this.registry.find(provider);
    if (configured === undefined || !isMcp(configured) || configured.scopes.length > 0) return;
    const missing = await this.lacking.note(id, wellFormed(lackingScope.split(' ')));
    if (missing.length === 0) return;
    throw new GatehouseError('insufficient_scope', `a token of ${provider} lacks scopes`, {
      details: { provider },
    });
  }
}
