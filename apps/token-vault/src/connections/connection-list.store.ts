import { Injectable } from '@nestjs/common';
import { connectionState, type connectionList } from '@gatehouse/contracts/token-vault/connection-list';
import type { z } from 'zod';
import { Rows } from '../rows/rows.store.js';

/** Lists the connections of an account. It reads neither a token nor a ciphertext. */
@Injectable()
export class ConnectionList {
  constructor(private readonly rows: Rows) {}

  async of({
    accountId,
  }: z.output<typeof connectionList.request>): Promise<z.input<typeof connectionList.reply>> {
    const found = await this.rows.connection.findMany({
      where: { accountId },
      orderBy: { connectedAt: 'asc' },
      select: {
        id: true,
        provider: true,
        subject: true,
        name: true,
        email: true,
        scopes: true,
        state: true,
        connectedAt: true,
        refreshedAt: true,
      },
    });
    const connections = found.map(({ id, name, email, state, connectedAt, refreshedAt, ...row }) => ({
      connectionId: id,
      ...row,
      ...(name === null ? {} : { name }),
      ...(email === null ? {} : { email }),
      state: connectionState.parse(state),
      connectedAtMs: connectedAt.getTime(),
      ...(refreshedAt === null ? {} : { refreshedAtMs: refreshedAt.getTime() }),
    }));
    return { connections };
  }
}
