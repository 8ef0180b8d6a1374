import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** What JetStream answers: to a request of its interface, or to a message that a stream has taken. */
const JETSTREAM_ANSWER = /^\{"(?:type":"io\.nats\.jetstream\.|stream":)/;
const FRAME_WITH_PAYLOAD = /^H?MSG .* (\d+)$/;
const LINE_END = Buffer.from('\r\n');

/**
 * A connection to a NATS server on which only JetStream is slow: it holds JetStream's answers back and passes everything
 * else at once. What the server stores and delivers to subscribers is not slowed.
 */
export class SlowJetStream {
  /** 0: as fast as it is. */
  delayMs = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(private readonly target: { readonly host: string; readonly port: number }) {
    this.#server = createServer((near) => this.#join(near));
  }

  static async before(natsUrl: string): Promise<SlowJetStream> {
    const { hostname, port } = new URL(natsUrl);
    const slow = new SlowJetStream({ host: hostname, port: Number(port) });
    slow.#server.listen(0, '127.0.0.1');
    await once(slow.#server, 'listening');
    return slow;
  }

  get url(): string {
    // It listens on TCP.
    return `nats://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(near: Socket): void {
    const far = connect(this.target);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(one);
      one.on('error', () => one.destroy());
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
    near.pipe(far);
    let read = Buffer.alloc(0);
    far.on('data', (chunk: Buffer) => {
      read = Buffer.concat([read, chunk]);
      for (let frame = frameAtStart(read); frame !== undefined; frame = frameAtStart(read)) {
        read = read.subarray(frame.bytes.length);
        this.#pass(near, frame);
      }
    });
  }

  #pass(near: Socket, { bytes, payload }: Frame): void {
    if (this.delayMs === 0 || !JETSTREAM_ANSWER.test(payload)) near.write(bytes);
    else
      setTimeout(() => {
        if (!near.destroyed) near.write(bytes);
      }, this.delayMs).unref();
  }
}

interface Frame {
  readonly bytes: Buffer;
  readonly payload: string;
}

function frameAtStart(read: Buffer): Frame | undefined {
  const lineEnd = read.indexOf(LINE_END);
  if (lineEnd < 0) return undefined;
  const head = lineEnd + LINE_END.length;
  const size = FRAME_WITH_PAYLOAD.exec(read.subarray(0, lineEnd).toString())?.[1];
  if (size === undefined) return { bytes: read.subarray(0, head), payload: '' };
  const end = head + Number(size) + LINE_END.length;
  if (read.length < end) return undefined;
  return { bytes: read.subarray(0, end), payload: read.subarray(head, end).toString('latin1') };
}
