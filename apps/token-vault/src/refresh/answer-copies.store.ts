import { Injectable } from '@nestjs/common';
import { refreshAnswers } from '@gatehouse/contracts/buckets';
import { sha256 } from '@gatehouse/kernel/digest';
import type { ConnectionId } from '@gatehouse/kernel/ids';
import { type KeyValueBucket, KeyValueBuckets } from '@gatehouse/messaging/key-value';
import { z } from 'zod';
import type { Connection } from '../connections/connection.js';
import { tokenAnswer, type TokenAnswer } from '../providers/token-answer.js';

/** `sent`: a process waits for an answer and cannot reach the database. It is written again for as long as that lasts. */
const copy = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('sent'), sent: z.string() }),
  z.strictObject({ kind: z.literal('answer'), sent: z.string(), answer: tokenAnswer }),
]);

export type AnswerCopy =
  /** It belongs to another refresh token than the row's, or does not open. */
  | { readonly kind: 'stale'; readonly revision: number }
  | { readonly kind: 'sent'; readonly revision: number }
  | { readonly kind: 'answer'; readonly revision: number; readonly answer: TokenAnswer };

/**
 * What JetStream knows of a redemption, for the time in which Postgres is away. A copy names the refresh token that was sent
 * by its digest. It counts only while that is the connection's refresh token.
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

  /** Says that the token has been sent and is waited for. Never replaces an answer. @throws {GatehouseError} `unavailable` */
  async say(connection: Connection, sentToken: string): Promise<void> {
    const bucket = await this.#opened();
    const sent = sha256(sentToken);
    const stored = await bucket.get(connection.id);
    const before = stored === undefined ? undefined : this.#open(stored.value, connection);
    if (before?.kind === 'answer' && before.sent === sent) return;
    const sealed = this.#seal(connection, { kind: 'sent', sent });
    // A conditional write: an answer that comes at this moment wins.
    if (stored === undefined) await bucket.create(connection.id, sealed);
    else await bucket.update(connection.id, sealed, stored.revision);
  }

  /** @returns what is known of the connection's current refresh token. @throws {GatehouseError} `unavailable` */
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

  /** Takes back what {@link AnswerCopies.say} said. */
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

  /** @returns `undefined` when it was sealed for another connection, or with a lost key. */
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
