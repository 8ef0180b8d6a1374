import type { Service } from '@gatehouse/kernel/services';
import type { World } from '@gatehouse/testing/world';

export interface Readiness {
  readonly httpStatus: number;
  readonly status: 'ready' | 'degraded' | 'unready';
  readonly jobs: Readonly<
    Record<
      string,
      { readonly status: 'ok' | 'failing'; readonly without?: readonly string[]; readonly advice?: string }
    >
  >;
  readonly clocks: Readonly<Record<string, { readonly status: string; readonly skewSeconds: number }>>;
}

/** What a replica says of itself to those who run it. */
export async function readinessOf(world: World, service: Service, replica = 0): Promise<Readiness> {
  const response = await fetch(`http://127.0.0.1:${world.internalPortsOf(service)[replica] ?? 0}/readyz`);
  return {
    httpStatus: response.status,
    ...((await response.json()) as Omit<Readiness, 'httpStatus'>),
  };
}
