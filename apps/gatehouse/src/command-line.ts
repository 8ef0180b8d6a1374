import { resolve } from 'node:path';
import { Command, CommanderError } from 'commander';
import { DEFAULT_PORT_BASE } from '@gatehouse/kernel/default-ports';
import { addAuditCommands } from './audit-commands.js';
import { Cannot, EXIT_CODES } from './cannot.js';
import { DEMONSTRATION_CONFIGURATION, DEMONSTRATION_STATE } from './paths.js';
import { Output } from './output.js';
import { port, replicaCount } from './option-values.js';
import type { Terminal } from './terminal.js';

/** Runs one command. Each loads what it needs and no more, so that the small ones answer at once. @returns the exit code. */
export async function runCommandLine(args: readonly string[], terminal: Terminal): Promise<number> {
  let code = 0;
  const program = new Command('gatehouse')
    .description('An MCP gateway that signs the user in once and calls every backend as that user.')
    // Commands take over both when they are added.
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void terminal.stdout.write(text),
      writeErr: (text) => void terminal.stderr.write(text),
    });
  const ends = (endedWith: number): void => {
    code = endedWith;
  };
  addUp(program, terminal, ends);
  addConfigurationCommands(program, terminal, ends);
  addBridge(program, terminal, ends);
  addAuditCommands(program, terminal, ends);
  addDemonstrate(program, terminal, ends);
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    // It has said what is wrong, or printed the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_CODES.usage;
    if (!(error instanceof Cannot)) throw error;
    terminal.stderr.write(`\n${error.message}\n`);
    return error.exitCode;
  }
}

type Ends = (code: number) => void;

interface UpFlags {
  readonly once?: boolean;
  readonly json?: boolean;
  readonly portBase: number;
  readonly state: string;
  readonly config?: string;
  readonly replicas: number;
}

function addUp(program: Command, terminal: Terminal, ends: Ends): void {
  program
    .command('up')
    .description('run a whole gateway on this machine; without --config, the demonstration')
    .option(
      '--once',
      'do the main job once, report and stop; exit code 0 only if every token was the right one',
    )
    .option(
      '--json',
      'print the rows of the main job as JSON to standard output, everything else to standard error',
    )
    .option('--port-base <port>', 'first of the ports to use', port, DEFAULT_PORT_BASE)
    .option(
      '--state <folder>',
      'where secrets, databases and logs are kept between starts',
      DEMONSTRATION_STATE,
    )
    .option('--config <file>', 'a gatehouse.yaml of your own instead of the demonstration')
    .option(
      '--replicas <count>',
      'how many of each service, each further one 100 ports above the one before',
      replicaCount,
      1,
    )
    .action(async ({ once = false, json = false, portBase, state, config, replicas }: UpFlags) => {
      const { up } = await import('./up/up.js');
      const stateFolder = resolve(state);
      const configFile = config === undefined ? {} : { configFile: config };
      ends(await up({ once, json, portBase, stateFolder, replicas, ...configFile }, terminal));
    });
}

interface NatsFlags {
  readonly host: string;
  readonly port: number;
  readonly monitorPort?: number;
  readonly store?: string;
}

function addConfigurationCommands(program: Command, terminal: Terminal, ends: Ends): void {
  const output = new Output(terminal.stdout, terminal.env);
  program
    .command('validate')
    .description('check a configuration by the rules that the services run at start')
    .argument('<file>')
    .option('--explain', 'also show every derived value, and why')
    .action(async (file: string, { explain = false }: { readonly explain?: boolean }) => {
      const { validate } = await import('./validate.js');
      ends(validate(file, explain, output));
    });

  program
    .command('nats-configuration')
    .description('print the nats-server configuration: one account per service, with what the contracts name')
    .argument('<file>')
    .option('--host <address>', 'address that nats-server listens on', '127.0.0.1')
    .option('--port <port>', 'client port', port, 4222)
    .option('--monitor-port <port>', 'monitoring port on loopback; left out: none', port)
    .option('--store <folder>', 'JetStream folder')
    .action(async (file: string, { host, port: client, monitorPort, store }: NatsFlags) => {
      const { natsConfigurationFor } = await import('./nats-configuration.js');
      const listen = {
        host,
        port: client,
        ...(monitorPort === undefined ? {} : { monitorPort }),
        ...(store === undefined ? {} : { storeDirectory: store }),
      };
      terminal.stdout.write(natsConfigurationFor(file, listen));
    });

  program
    .command('migrate')
    .description('apply the database migrations of both services; make the streams and buckets of the bus')
    .requiredOption('--config <file>')
    .action(async ({ config }: { readonly config: string }) => {
      const { migrate } = await import('./migrate.js');
      ends(await migrate(config, terminal.env, output));
    });
}

interface BridgeFlags {
  readonly config: string;
  readonly listen?: string;
  readonly stopWithin?: string;
}

function addBridge(program: Command, terminal: Terminal, ends: Ends): void {
  program
    .command('bridge')
    .description('run the programs of backends with a command, and serve them to the proxy over HTTP')
    .requiredOption('--config <file>')
    .option('--listen <address>', 'host:port instead of listen.bridge of the configuration')
    .option(
      '--stop-within <duration>',
      'for calls that run when it is asked to stop; shutdownTimeout if that is shorter',
    )
    .action(async (flags: BridgeFlags) => {
      const { bridge } = await import('./bridge/bridge.js');
      ends(await bridge(flags, terminal));
    });
}

interface DemonstrateFlags {
  readonly config: string;
  readonly url?: string;
  readonly json?: boolean;
}

function addDemonstrate(program: Command, terminal: Terminal, ends: Ends): void {
  program
    .command('demonstrate')
    .description('do the main job against a demonstration gateway that already runs')
    .option('--config <file>', 'the configuration that the gateway runs with', DEMONSTRATION_CONFIGURATION)
    .option('--url <url>', 'its MCP endpoint; left out: the one that the configuration names')
    .option('--json', 'print the rows as JSON to standard output, everything else to standard error')
    .action(async ({ config, url, json = false }: DemonstrateFlags) => {
      const { demonstrate } = await import('./demonstrate.js');
      const output = new Output(json ? terminal.stderr : terminal.stdout, terminal.env);
      const rows = json ? terminal.stdout : undefined;
      ends(await demonstrate({ config, rows, ...(url === undefined ? {} : { url }) }, output));
    });
}
