import { MAX_LONG_JWE_LENGTH } from '@gatehouse/contracts/fields';
import { mcpStreamHanded } from '@gatehouse/contracts/events/mcp-stream-handed';
import type { EventBus } from '@gatehouse/messaging/event-bus';
import { sealFor } from '../mcp-sessions/replica-mailbox.js';
import type { HandedStream } from './handed-stream.js';

/** Says something to one other replica, in the order in which it is said. What the bus does not take is lost. */
export class StreamPost {
  readonly #last = new Map<string, Promise<void>>();

  constructor(private readonly events: Pick<EventBus, 'publish'>) {}

  /** @param replica its address. @returns what resolves when it is sent, with whether it was. */
  async say(replica: string, said: HandedStream): Promise<boolean> {
    const before = this.#last.get(replica) ?? Promise.resolve();
    const sent = before.then(async () => await this.#send(replica, said));
    const done = sent.then(() => undefined);
    this.#last.set(replica, done);
    const wasSent = await sent;
    if (this.#last.get(replica) === done) this.#last.delete(replica);
    return wasSent;
  }

  /** Resolves when all that was said until now is sent. */
  async settled(): Promise<void> {
    await Promise.all(this.#last.values());
  }

  async #send(replica: string, said: HandedStream): Promise<boolean> {
    try {
      const sealed = await sealFor(replica, said);
      if (sealed.length > MAX_LONG_JWE_LENGTH) return false;
      await this.events.publish(mcpStreamHanded, { replica, sealed });
      return true;
    } catch {
      // No such address, or no bus: the other side notices what is missing by the numbers, or by the silence.
      return false;
    }
  }
}
