import { resolve } from 'node:path';
import { renderWarnings } from '@gatehouse/config/findings/render-problems';
import { Secret } from '@gatehouse/kernel/secret';
import { PROVISIONING } from '@gatehouse/messaging/bus-options';
import { Cannot } from '../cannot.js';
import { checked, readConfiguration } from '../configuration.js';
import { renderConnectHints } from '../main-job/connect-hints.js';
import { runMainJob } from '../main-job/main-job.js';
import { reportMainJob } from '../main-job/report.js';
import { Output, seconds } from '../output.js';
import { migrateDatabase, provision } from '../migrate.js';
import type { Terminal, TextStream } from '../terminal.js';
import { startUpBridge } from './bridge.js';
import { startDemonstration } from './demonstration.js';
import { ensureNatsServer, startNats } from './nats.js';
import { planUp, type UpOptions, type UpPlan } from './plan.js';
import { isUsableBase, planPorts, portsToTake, renderTakenPorts } from './ports.js';
import { startPostgres } from './postgres.js';
import { Processes, type RunningProcess } from './processes.js';
import { startServices } from './services.js';
import { handsHangUpsOn } from './hang-up.js';
import { refuseUnknownLocalhost } from './localhost.js';
import { StateFolder } from './state.js';
import { StopRequest } from './stop-request.js';
import { anyFreePort, takenPorts } from './taken-ports.client.js';
import { keepRunning } from './watch.js';

/** Brings a whole gateway up on this machine. Returns the exit code, when everything is stopped again. */
export async function up(options: UpOptions, terminal: Terminal): Promise<number> {
  const beganMs = Date.now();
  // With --json, standard output holds the rows and nothing else.
  const output = new Output(options.json ? terminal.stderr : terminal.stdout, terminal.env);
  const rows = options.json ? terminal.stdout : undefined;
  const stop = new StopRequest(terminal);
  // A file that is wrong leaves no folder behind.
  if (options.configFile !== undefined) checked(readConfiguration(resolve(options.configFile)), 'none', {});
  const state = StateFolder.open(options.stateFolder);
  try {
    const plan = await planned(options, state, terminal);
    const processes = new Processes(state.path('logs'));
    stop.onSecond(() => processes.hurry());
    try {
      announce(output, plan, state);
      const started = await stop.orElse(startAll(plan, state, processes, options, output));
      if (started === undefined) return 0;
      stop.onHangUp(handsHangUpsOn(() => processes.rereading));
      output.line(`\nReady in ${seconds(Date.now() - beganMs)}.  MCP endpoint: ${plan.model.resourceUrl}`);
      return await afterStart({ plan, options, output, rows, stop }, processes, started);
    } finally {
      await processes.stop();
      if (!options.once) output.line('Stopped.');
    }
  } finally {
    state.release();
  }
}

/** Everything that can be refused before the first process starts. What is refused leaves no folder behind. */
async function planned(options: UpOptions, state: StateFolder, terminal: Terminal): Promise<UpPlan> {
  try {
    const plan = planUp(await withPostgresPort(options), state, terminal.env);
    await refuseUnknownLocalhost(plan.model);
    await refuseTakenPorts(plan, options);
    ensureNatsServer();
    return plan;
  } catch (error) {
    state.discard();
    throw error;
  }
}

/** Of one's own file: nobody but the gateway uses that port, so it gives way to whoever has it. */
async function withPostgresPort(options: UpOptions): Promise<UpOptions> {
  if (options.configFile === undefined || !isUsableBase(options.portBase, options.replicas)) return options;
  const { postgres } = planPorts(options.portBase);
  const taken = await takenPorts([{ port: postgres, purpose: 'Postgres' }]);
  return taken.length === 0 ? options : { ...options, postgresPort: await anyFreePort() };
}

function announce(output: Output, plan: UpPlan, state: StateFolder): void {
  output.heading(`Gatehouse ${plan.isDemonstration ? 'demonstration' : plan.model.name}`);
  output.line(`  configuration  ${plan.configuration.document}`);
  if (plan.movedTo !== undefined) output.line('                 (the example with its ports moved)');
  if (plan.warnings.length > 0) output.line(renderWarnings(plan.warnings));
  output.line(`  state          ${state.folder}${state.isReused ? ' (kept from an earlier start)' : ''}\n`);
}

async function refuseTakenPorts(plan: UpPlan, options: UpOptions): Promise<void> {
  const wanted = portsToTake(plan.ports, plan.isDemonstration, options.replicas);
  const taken = await takenPorts(wanted);
  if (taken.length > 0) throw new Cannot(renderTakenPorts(taken, options), 'tryAgain');
}

async function startAll(
  plan: UpPlan,
  state: StateFolder,
  processes: Processes,
  options: UpOptions,
  output: Output,
): Promise<RunningProcess[]> {
  const { ports } = plan;
  const address = (port: number): string => `127.0.0.1:${port}`;
  const world = await allOrFirstFailure([
    ...(plan.ownPostgres
      ? [
          output.step('postgres', address(ports.postgres), () =>
            startPostgres(state, processes, ports.postgres),
          ),
        ]
      : []),
    output.step('nats-server', address(ports.nats), () =>
      startNats(state, processes, ports, plan.model.name),
    ),
    ...(plan.isDemonstration
      ? [
          output.step('demonstration', 'acme-sso, octo, token exchange, repos, tickets', () =>
            startDemonstration(state, processes, ports),
          ),
        ]
      : []),
  ]);
  await output.step('migrations', '', () => applyMigrations(plan, state));
  const { configuration, valuesOf, services } = plan;
  const start = { configuration, valuesOf, services, ports, replicas: options.replicas };
  const names = `${services.join(', ')}${options.replicas > 1 ? `, ${options.replicas} of each` : ''}`;
  const running = await output.step('services', names, () => startServices(processes, start));
  const { bridge } = plan;
  if (bridge === undefined) return [...world, ...running];
  const bridging = await output.step('bridge', `${bridge.host}:${bridge.port}`, () =>
    startUpBridge(processes, configuration, bridge),
  );
  return [...world, ...running, bridging];
}

/** Waits for all work to end before it reports the first failure, so that nothing is left half done. */
async function allOrFirstFailure<Value>(work: readonly Promise<Value>[]): Promise<Value[]> {
  await Promise.allSettled(work);
  return Promise.all(work);
}

async function applyMigrations(plan: UpPlan, { secrets }: StateFolder): Promise<void> {
  const targets = [
    { service: 'authorization-server', variable: 'AUTHORIZATION_SERVER_DATABASE_URL' },
    { service: 'token-vault', variable: 'TOKEN_VAULT_DATABASE_URL' },
  ] as const;
  for (const { service, variable } of targets) {
    const url = plan.services.includes(service) ? plan.valuesOf(service)[variable] : undefined;
    if (url !== undefined) await migrateDatabase(service, new Secret(url));
  }
  await provision(plan.model, new Secret(`${PROVISIONING}:${secrets.provisioningNatsPassword}`));
}

interface Run {
  readonly plan: UpPlan;
  readonly options: UpOptions;
  readonly output: Output;
  /** Where the rows of the main job go as JSON. */
  readonly rows: TextStream | undefined;
  readonly stop: StopRequest;
}

async function afterStart(
  { plan, options, output, rows, stop }: Run,
  processes: Processes,
  started: readonly RunningProcess[],
): Promise<number> {
  const broken = Promise.race(
    started.map((running) => keepRunning(processes, running, (line) => output.line(line))),
  );
  let code = 0;
  if (plan.isDemonstration) {
    const result = await stop.orElse(runMainJob(plan.model));
    if (result === undefined) return 0;
    code = reportMainJob(result, output, rows);
  }
  if (options.once) return code;
  output.line(
    `\n${renderConnectHints(plan.model.resourceUrl, plan.isDemonstration)}\n\nRunning. Ctrl-C stops it.`,
  );
  const failure = await stop.orElse(broken);
  if (failure !== undefined) throw failure;
  return 0;
}
