import { Injectable } from '@nestjs/common';
import { refreshAnswers } from '@gatehouse/contracts/buckets';
import { sha256 } from '@gatehouse/kernel/digest';
import type { ConnectionId } from '@gatehouse/kernel/ids';
import { type KeyValueBucket, KeyValueBuckets } from '@gatehouse/messaging/key-value';
import { z } from 'zod';
import type { Connection } from '../connections/connection.js';
import { tokenAnswer, type TokenAnswer } from '../providers/token-answer.js';

/** `sent`: somebody waits for an answer and cannot reach the database. Written again while that is so. */
const copy = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('sent'), sent: z.string() }),
  z.strictObject({ kind: z.literal('answer'), sent: z.string(), answer: tokenAnswer }),
]);

export type AnswerCopy =
  /** Of another refresh token than the row's, or one that does not open: it says nothing. */
  | { readonly kind: 'stale'; readonly revision: number }
  | { readonly kind: 'sent'; readonly revision: number }
  | { readonly kind: 'answer'; readonly revision: number; readonly answer: TokenAnswer };

/**
 * What is known of a redemption outside Postgres: JetStream in the vault's own account, which does not share its fate.
 * A copy names the refresh token that was sent by its digest; it counts only while the connection still rests on it.
 */
@Injectable()
export class AnswerCopies {
  #bucket: Promise<KeyValueBucket> | undefined;

  constructor(private readonly buckets: KeyValueBuckets) {}

  /** @returns the revision that {@link AnswerCopies.erase} takes away. @throws {GatehouseError} `unavailable` */
  async put(connection: Connection, sentToken: string, answer: TokenAnswer): Promise<number> {
    const sealed = this.#seal(connection, { kind: 'answer', sent: sha256(sentToken), answer });
    return await (await this.#opened()).put(connection.id, sealed);
  }

  /** Says, again and again, that the token is on its way. Never writes over an answer. @throws {GatehouseError} `unavailable` */
  async say(connection: Connection, sentToken: string): Promise<void> {
    const bucket = await this.#opened();
    const sent = sha256(sentToken);
    const stored = await bucket.get(connection.id);
    const before = stored === undefined ? undefined : this.#open(stored.value, connection);
    if (before?.kind === 'answer' && before.sent === sent) return;
    const sealed = this.#seal(connection, { kind: 'sent', sent });
    // Conditional: an answer that comes at this moment wins.
    if (stored === undefined) await bucket.create(connection.id, sealed);
    else await bucket.update(connection.id, sealed, stored.revision);
  }

  /** @returns what is known of the refresh token that the connection rests on. @throws {GatehouseError} `unavailable` */
  async find(connection: Connection, currentToken: string): Promise<AnswerCopy | undefined> {
    const stored = await (await this.#opened()).get(connection.id);
    if (stored === undefined) return undefined;
    const opened = this.#open(stored.value, connection);
    const { revision } = stored;
    if (opened?.sent !== sha256(currentToken)) return { kind: 'stale', revision };
    return opened.kind === 'sent' ? { kind: 'sent', revision } : { ...opened, revision };
  }

  async erase(revision: number): Promise<void> {
    await (await this.#opened()).erase(revision);
  }

  /** Takes what {@link AnswerCopies.say} said back. */
  async unsay(connection: Connection, sentToken: string): Promise<void> {
    const found = await this.find(connection, sentToken);
    if (found?.kind === 'sent') await this.erase(found.revision);
  }

  /** For a connection that is gone. */
  async eraseOf(id: ConnectionId): Promise<void> {
    const stored = await (await this.#opened()).get(id);
    if (stored !== undefined) await this.erase(stored.revision);
  }

  async connectionIds(): Promise<readonly ConnectionId[]> {
    return (await (await this.#opened()).keys()).map((key) => key as ConnectionId);
  }

  #seal(connection: Connection, content: z.input<typeof copy>): string {
    return connection.sealCopy(content).toString('base64url');
  }

  /** One that was sealed for somebody else, or by a lost key, says nothing. */
  #open(value: string, connection: Connection): z.output<typeof copy> | undefined {
    return connection.openCopy(copy, Buffer.from(value, 'base64url'));
  }

  #opened(): Promise<KeyValueBucket> {
    this.#bucket ??= this.buckets.open(refreshAnswers).catch((error: unknown) => {
      this.#bucket = undefined;
      throw error;
    });
    return this.#bucket;
  }
}
