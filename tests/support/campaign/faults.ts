import type { Demonstration, Fault as PartFault } from '@gatehouse/testing/demonstration';
import type { Program } from '@gatehouse/testing/program';
import type { ReplicatedPostgres } from '@gatehouse/testing/replicated-postgres';
import type { World } from '@gatehouse/testing/world';
import type { Service } from '@gatehouse/kernel/services';

/** One thing that goes wrong, and how it is mended. */
export interface Fault {
  readonly name: string;
  readonly inject: () => unknown;
  /** Absent: nobody mends it, and everybody has to get well all the same. */
  readonly mend?: () => unknown;
  /**
   * What the fault may cost. `nothing`: no caller notices. `retryable`: some callers are told to try again. `undelivered`:
   * an answer that the provider gave to a process that then died is lost; nothing else is.
   */
  readonly mayCost: 'nothing' | 'retryable' | 'undelivered';
}

const paused = (name: string, program: Program | undefined): Fault => ({
  name,
  mayCost: 'retryable',
  inject: () => {
    signal(program, 'SIGSTOP');
  },
  mend: () => {
    signal(program, 'SIGCONT');
  },
});

function signal(program: Program | undefined, name: 'SIGSTOP' | 'SIGCONT'): void {
  if (program?.pid !== undefined) process.kill(program.pid, name);
}

const killed = (name: string, programs: readonly Program[], mayCost: Fault['mayCost']): Fault => ({
  name,
  mayCost,
  inject: () => Promise.all(programs.map((program) => program.kill())),
  mend: () => Promise.all(programs.map((program) => program.start())),
});

const ofProvider = (name: string, demonstration: Demonstration, fault: PartFault): Fault => ({
  name,
  mayCost: fault.mode === 'drop_after' ? 'undelivered' : 'retryable',
  inject: () => demonstration.setFault(fault),
  mend: () => demonstration.setFault({ ...fault, mode: 'none' }),
});

const rolling = (world: World): Fault => ({
  name: 'rolling restart of all services',
  mayCost: 'nothing',
  inject: async () => {
    for (const service of ['token-vault', 'authorization-server', 'vmcp-proxy'] satisfies Service[])
      for (const replica of world.replicas[service]) {
        await replica.stop();
        await replica.start();
      }
  },
});

function ofServices({ replicas }: World): readonly Fault[] {
  const [vault, server, proxy] = [
    replicas['token-vault'],
    replicas['authorization-server'],
    replicas['vmcp-proxy'],
  ];
  return [
    killed('one vault killed', vault.slice(0, 1), 'undelivered'),
    killed('one authorization server killed', server.slice(0, 1), 'retryable'),
    killed('one proxy killed', proxy.slice(0, 1), 'retryable'),
    killed('all vaults killed', vault, 'undelivered'),
    paused('one vault stands still', vault[1]),
    paused('one authorization server stands still', server[1]),
    paused('one proxy stands still', proxy[1]),
  ];
}

const ofBus = ({ nats }: World): readonly Fault[] => [
  {
    name: 'one of three NATS servers killed',
    mayCost: 'retryable',
    inject: async () => await nats.servers[0]?.kill(),
    mend: async () => await nats.servers[0]?.start(),
  },
  {
    name: 'one of three NATS servers cut off from the others',
    mayCost: 'retryable',
    inject: () => {
      nats.partition(1);
    },
    mend: () => {
      nats.heal();
    },
  },
  {
    name: 'one of three NATS servers loses its store',
    mayCost: 'retryable',
    inject: async () => {
      await nats.servers[2]?.kill();
      await nats.servers[2]?.wipe();
      await nats.servers[2]?.start();
    },
  },
  {
    name: 'all NATS servers killed',
    mayCost: 'retryable',
    inject: () => nats.kill(),
    mend: () => nats.start(),
  },
];

const ofProviders = ({ demonstration }: World): readonly Fault[] => [
  ofProvider('a provider answers 500', demonstration, { part: 'octo', endpoint: 'token', mode: 'status500' }),
  ofProvider('a provider answers nonsense', demonstration, {
    part: 'octo',
    endpoint: 'token',
    mode: 'garbage',
  }),
  ofProvider('a provider takes 3 s', demonstration, {
    part: 'octo',
    endpoint: 'token',
    mode: 'delay',
    delayMs: 3_000,
  }),
  ofProvider('a provider never answers', demonstration, { part: 'octo', endpoint: 'token', mode: 'hang' }),
  ofProvider('the key set of a provider is nonsense', demonstration, {
    part: 'acme-sso',
    endpoint: 'jwks',
    mode: 'garbage',
  }),
  ofProvider('a provider rotates, and its answer is never delivered', demonstration, {
    part: 'octo',
    endpoint: 'token',
    mode: 'drop_after',
    times: 2,
  }),
];

const ofDatabase = (postgres: ReplicatedPostgres): readonly Fault[] => [
  {
    name: 'Postgres cut off',
    mayCost: 'retryable',
    inject: () => {
      postgres.link.cut();
    },
    mend: () => {
      postgres.link.heal();
    },
  },
  {
    name: 'Postgres silent',
    mayCost: 'retryable',
    inject: () => {
      postgres.link.freeze();
    },
    mend: () => {
      postgres.link.endFrozen();
      postgres.link.heal();
    },
  },
  {
    name: 'Postgres lost without a word, standby promoted',
    mayCost: 'retryable',
    inject: () => postgres.failOver('silent'),
  },
];

/** The campaign, in order: the database is not the same any more after the last. */
export const faultsOf = (world: World, postgres: ReplicatedPostgres): readonly Fault[] => [
  rolling(world),
  ...ofServices(world),
  ...ofProviders(world),
  ...ofBus(world),
  ...ofDatabase(postgres),
];
