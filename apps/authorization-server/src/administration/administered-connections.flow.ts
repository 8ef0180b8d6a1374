import { Injectable } from '@nestjs/common';
import type { ConnectionView } from '@gatehouse/contracts/token-vault/connection-list';
import type { AccountId } from '@gatehouse/kernel/ids';
import type { z } from 'zod';
import { Vault } from '../vault/vault.client.js';
import type { connection } from './shapes.js';

type Connection = z.input<typeof connection>;

const plain = (view: ConnectionView): Connection => ({
  provider: view.provider,
  subject: view.subject,
  name: view.name ?? null,
  email: view.email ?? null,
  scopes: view.scopes,
  state: view.state,
  connectedAt: new Date(view.connectedAtMs).toISOString(),
  refreshedAt: view.refreshedAtMs === undefined ? null : new Date(view.refreshedAtMs).toISOString(),
});

/** Connections, as an administrator sees and ends them. The vault has them. */
@Injectable()
export class AdministeredConnections {
  constructor(private readonly vault: Vault) {}

  async list(account: string): Promise<Connection[]> {
    return (await this.vault.connections(account as AccountId)).map(plain);
  }

  async find(account: string, provider: string): Promise<Connection | undefined> {
    return (await this.list(account)).find((one) => one.provider === provider);
  }

  async end(account: string, provider: string): Promise<void> {
    await this.vault.revoke(account as AccountId, provider);
  }

  /** @returns how many there were. */
  async endAll(account: string): Promise<number> {
    const connections = await this.list(account);
    for (const { provider } of connections) await this.end(account, provider);
    return connections.length;
  }
}
