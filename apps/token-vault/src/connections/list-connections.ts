import { Injectable } from '@nestjs/common';
import { connectionState, type connectionList } from '@gatehouse/contracts/token-vault/connection-list';
import type { z } from 'zod';
import { PrismaDatabase } from '../prisma-database.js';

/** What an account is connected to; neither a token nor a ciphertext leaves the database for it. */
@Injectable()
export class ListConnections {
  constructor(private readonly prisma: PrismaDatabase) {}

  async run({
    accountId,
  }: z.output<typeof connectionList.request>): Promise<z.input<typeof connectionList.reply>> {
    const rows = await this.prisma.client.connection.findMany({
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
    const connections = rows.map(({ id, name, email, state, connectedAt, refreshedAt, ...row }) => ({
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
