import { BreakableLink } from './breakable-link.js';
import { freePort } from './free-port.js';

interface Route {
  readonly from: number;
  readonly to: number;
  readonly link: BreakableLink;
}

/** How the servers of a cluster reach one another: each pair over a link that can break. */
export class NatsRoutes {
  private constructor(
    private readonly ports: readonly number[],
    private readonly routes: readonly Route[],
  ) {}

  static async between(count: number): Promise<NatsRoutes> {
    const ports: number[] = [];
    for (let server = 0; server < count; server += 1) ports.push(await freePort());
    const routes: Route[] = [];
    for (const [from] of ports.entries())
      for (const [to, port] of ports.entries())
        if (from !== to) routes.push({ from, to, link: await BreakableLink.to({ host: '127.0.0.1', port }) });
    return new NatsRoutes(ports, routes);
  }

  /** What is written into the configuration of a server; nothing for one that is alone. */
  configurationOf(index: number): string {
    if (this.ports.length === 1) return '';
    const urls = this.routes
      .filter(({ from }) => from === index)
      .map(({ link }) => `"nats://127.0.0.1:${link.port}"`);
    return [
      `server_name: "server-${index}"`,
      // Servers must not advertise another address.
      `cluster { name: "test", listen: "127.0.0.1:${this.ports[index] ?? 0}", no_advertise: true, routes: [${urls.join(', ')}] }`,
      '',
    ].join('\n');
  }

  freeze(index: number): void {
    for (const { from, to, link } of this.routes) if (from === index || to === index) link.freeze();
  }

  heal(): void {
    for (const { link } of this.routes) {
      link.endFrozen();
      link.heal();
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.routes.map(({ link }) => link.close()));
  }
}
