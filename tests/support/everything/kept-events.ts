import type { EventId, EventStore, JSONRPCMessage, StreamId } from '@modelcontextprotocol/server';

interface Kept {
  readonly id: EventId;
  readonly streamId: StreamId;
  readonly message: JSONRPCMessage;
}

/** What was sent on the streams of one session, for a client that comes back for it (`Last-Event-ID`). */
export class KeptEvents implements EventStore {
  readonly #kept: Kept[] = [];

  async storeEvent(streamId: StreamId, message: JSONRPCMessage): Promise<EventId> {
    const id = `event-${this.#kept.length + 1}`;
    this.#kept.push({ id, streamId, message });
    return await Promise.resolve(id);
  }

  async replayEventsAfter(
    lastEventId: EventId,
    { send }: { readonly send: (id: EventId, message: JSONRPCMessage) => Promise<void> },
  ): Promise<StreamId> {
    const last = this.#kept.findIndex(({ id }) => id === lastEventId);
    const { streamId = '' } = this.#kept[last] ?? {};
    const missed = this.#kept.slice(last + 1).filter((event) => event.streamId === streamId);
    // What only tells the client an id has no message.
    for (const { id, message } of missed) if ('jsonrpc' in message) await send(id, message);
    return streamId;
  }
}
