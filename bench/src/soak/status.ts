import type { World } from '@gatehouse/testing/world';

/** What `/status` of a proxy says of one backend (docs/health.md). */
interface BackendStatus {
  readonly health: string;
  readonly circuit: { readonly state: string };
  readonly running: { readonly calls: number; readonly streams: number };
}

/** What each proxy knows of each backend. */
export async function statusOf(
  world: World,
): Promise<readonly (readonly [replica: number, backend: string, BackendStatus])[]> {
  const all = await Promise.all(
    world.internalPortsOf('vmcp-proxy').map(async (port, replica) => {
      const response = await fetch(`http://127.0.0.1:${port}/status`);
      const { backends } = (await response.json()) as {
        readonly backends: Readonly<Record<string, BackendStatus>>;
      };
      return Object.entries(backends).map(([name, status]) => [replica, name, status] as const);
    }),
  );
  return all.flat();
}
