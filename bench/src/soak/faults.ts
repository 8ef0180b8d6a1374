import { setTimeout as pause } from 'node:timers/promises';
import { SERVICES } from '@gatehouse/kernel/services';
import { answersOk, type Program } from '@gatehouse/testing/program';
import type { World } from '@gatehouse/testing/world';
import { OPTIONS } from './options.js';
import type { FaultName, Phases } from './phases.js';
import { statusOf } from './status.js';
import type { SoakPostgres } from './soak-postgres.js';

interface Fault {
  readonly name: FaultName;
  readonly inject: () => Promise<unknown>;
  readonly mend: () => Promise<unknown>;
}

export interface Faulty {
  readonly world: World;
  readonly postgres: SoakPostgres;
  readonly backend: Program;
}

const LASTS_MS = 4_000;
const IS_SHORT = OPTIONS.minutes < 10;
/** Circuits close, leases of the dead run out, and whoever was told to wait has come again. */
const AFTERMATH_MS = IS_SHORT ? 6_000 : 10_000;
/** Nothing but the fault is wrong for at least as long as this. */
const CALM_MS = IS_SHORT ? 2_500 : 10_000;
const LOOK_EVERY_MS = 250;

/** One replica of each service goes, always the first: the others live for the whole of the soak. */
function faultsOf({ world, postgres, backend }: Faulty): readonly Fault[] {
  const { replicas, nats, demonstration } = world;
  const killed = (name: FaultName, program: Program | undefined): Fault => ({
    name,
    inject: async () => await program?.kill(),
    mend: async () => await program?.start(),
  });
  const provider = (name: FaultName, mode: 'delay' | 'status500'): Fault => ({
    name,
    inject: async () => {
      for (const part of ['octo', 'acme-sso'] as const)
        await demonstration.setFault({ part, endpoint: 'token', mode, delayMs: 3_000 });
      // So that somebody needs it.
      await demonstration.expire('octo');
    },
    mend: async () => {
      for (const part of ['octo', 'acme-sso'] as const)
        await demonstration.setFault({ part, endpoint: 'token', mode: 'none' });
    },
  });
  return [
    killed('proxy killed', replicas['vmcp-proxy'][0]),
    killed('vault killed', replicas['token-vault'][0]),
    killed('authorization server killed', replicas['authorization-server'][0]),
    { name: 'NATS restarted', inject: () => nats.kill(), mend: () => nats.start() },
    { name: 'Postgres restarted', inject: () => postgres.stop(), mend: () => postgres.start() },
    provider('provider slow', 'delay'),
    provider('provider out', 'status500'),
    killed('backend down', backend),
  ];
}

/** One fault after the other, until it is told to stop. */
export async function haveFaults(
  faulty: Faulty,
  phases: Phases,
  stop: AbortSignal,
  everyMs: number,
): Promise<void> {
  const faults = faultsOf(faulty);
  const goesOn = (): boolean => !stop.aborted;
  for (let turn = 0; goesOn(); turn += 1) {
    const fault = faults[turn % faults.length];
    if (fault === undefined) return;
    const beganAtMs = Date.now();
    phases.begin(fault.name);
    await fault.inject();
    await pause(LASTS_MS);
    await fault.mend();
    while (goesOn() && !(await isWell(faulty.world))) await pause(LOOK_EVERY_MS);
    await pause(AFTERMATH_MS, undefined, { signal: stop }).catch(() => undefined);
    phases.end();
    const calmMs = Math.max(CALM_MS, beganAtMs + everyMs - Date.now());
    await pause(calmMs, undefined, { signal: stop }).catch(() => undefined);
  }
}

/** Everybody is ready, and every proxy calls every backend. */
export async function isWell(world: World): Promise<boolean> {
  const ports = SERVICES.flatMap((service) => world.internalPortsOf(service));
  const ready = await Promise.all(ports.map((port) => answersOk(`http://127.0.0.1:${port}/readyz`)));
  if (!ready.every(Boolean)) return false;
  const statuses = await statusOf(world).catch(() => []);
  return (
    statuses.length > 0 &&
    statuses.every(([, , { circuit, health }]) => circuit.state === 'closed' && health !== 'unhealthy')
  );
}
