import type { ChildProcess } from 'node:child_process';

/**
 * node:cluster keeps a connection that it hands to a worker until the worker says that it has it. Where the worker dies before
 * that, nobody closes the connection (Node 24, lib/internal/cluster/round_robin_handle.js), and its client waits for its own time
 * limit. Neither is the worker forgotten: its channel waits for what is under way, and never says that it has ended
 * (lib/internal/child_process.js). This does both when the channel ends, after everything that the worker said.
 *
 * @returns what tells the oldest connection that the worker has not said that it has.
 */
export function closeWithWorker(worker: ChildProcess): () => number | undefined {
  const handed = new Map<number, Handle>();
  // Its overloads all come to this.
  const send = worker.send.bind(worker) as unknown as Send;
  const watched: Send = (message, handle, ...rest) => {
    if (isNewConnection(message) && isHandle(handle)) handed.set(message.seq, handle);
    return send(message, handle, ...rest);
  };
  worker.send = watched;
  // Said by node:cluster in the worker; other messages have no such member.
  worker.on('internalMessage', (message: unknown) => {
    if (isAnswered(message)) handed.delete(message.ack);
  });
  const disconnect = worker.disconnect.bind(worker);
  // Called at the end of the channel.
  worker.disconnect = () => {
    disconnect();
    if (handed.size === 0) return;
    for (const handle of handed.values()) handle.close();
    handed.clear();
    worker.emit('disconnect');
  };
  // In the order in which they were handed on.
  return () => handed.keys().next().value;
}

type Send = (message: unknown, handle?: unknown, ...rest: readonly unknown[]) => boolean;

interface Handle {
  close(): void;
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

const isHandle = (handle: unknown): handle is Handle =>
  isObject(handle) && 'close' in handle && typeof handle.close === 'function';

const isNewConnection = (message: unknown): message is { readonly seq: number } =>
  isObject(message) &&
  'act' in message &&
  message.act === 'newconn' &&
  'seq' in message &&
  typeof message.seq === 'number';

const isAnswered = (message: unknown): message is { readonly ack: number } =>
  isObject(message) && 'ack' in message && typeof message.ack === 'number';
