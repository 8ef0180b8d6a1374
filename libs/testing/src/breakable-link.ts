import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';

/**
 * A TCP connection that can be broken. `freeze`: no bytes pass and no side is told, as when a host disappears. `cut`:
 * connections end and new ones are refused. `heal`: new connections work; frozen ones stay frozen.
 */
export class BreakableLink {
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #state: 'open' | 'frozen' | 'cut' = 'open';

  private constructor(private target: { readonly host: string; readonly port: number }) {
    this.#server = createServer((near) => this.#join(near));
  }

  static async to(target: { readonly host: string; readonly port: number }): Promise<BreakableLink> {
    const link = new BreakableLink(target);
    link.#server.listen(0, '127.0.0.1');
    await once(link.#server, 'listening');
    return link;
  }

  /** The same database URL, through this link. */
  static async toDatabase(url: string): Promise<{ readonly link: BreakableLink; readonly url: string }> {
    const direct = new URL(url);
    const link = await BreakableLink.to({ host: direct.hostname, port: Number(direct.port) });
    direct.host = `127.0.0.1:${link.port}`;
    return { link, url: direct.href };
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  freeze(): void {
    this.#state = 'frozen';
    for (const pair of this.#pairs) freeze(pair);
  }

  cut(): void {
    this.#state = 'cut';
    for (const [near, far] of this.#pairs) {
      near.destroy();
      far.destroy();
    }
  }

  /** What is frozen ends, as when the other side finds out at last. */
  endFrozen(): void {
    if (this.#state === 'frozen') this.cut();
  }

  heal(target = this.target): void {
    this.target = target;
    this.#state = 'open';
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(near: Socket): void {
    near.on('error', () => near.destroy());
    if (this.#state === 'cut') {
      near.destroy();
      return;
    }
    const far = connect(this.target);
    far.on('error', () => near.destroy());
    const pair = [near, far] as const;
    this.#pairs.add(pair);
    near.pipe(far);
    far.pipe(near);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const)
      one.on('close', () => {
        this.#pairs.delete(pair);
        other.destroy();
      });
    if (this.#state === 'frozen') freeze(pair);
  }
}

function freeze([near, far]: readonly [Socket, Socket]): void {
  near.unpipe(far);
  far.unpipe(near);
  near.pause();
  far.pause();
}
