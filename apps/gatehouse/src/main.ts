import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { DEFAULT_PORT_BASE } from '@gatehouse/kernel/default-ports';
import { Cannot } from './cannot.js';
import { Output } from './output.js';
import { DEMONSTRATION_CONFIGURATION, DEMONSTRATION_STATE } from './paths.js';

function wholeNumber(text: string): number {
  if (!/^\d{1,5}$/.test(text)) throw new InvalidArgumentError('Not a whole number.');
  return Number(text);
}

function replicaCount(text: string): number {
  const count = wholeNumber(text);
  if (count < 1 || count > 9) throw new InvalidArgumentError('From 1 to 9.');
  return count;
}

interface UpFlags {
  readonly once?: boolean;
  readonly json?: boolean;
  readonly portBase: number;
  readonly state: string;
  readonly config?: string;
  readonly replicas: number;
}

interface NatsFlags {
  readonly host: string;
  readonly port: number;
  readonly monitorPort?: number;
  readonly store?: string;
}

// Each command loads what it needs and no more, so that the small ones answer at once.
interface DemonstrateFlags {
  readonly config: string;
  readonly url?: string;
  readonly json?: boolean;
}

interface ArchiveFlags {
  readonly config: string;
  readonly directory: string;
  readonly before: string;
  readonly remove?: boolean;
}

interface VerifyFlags {
  readonly config: string;
  readonly archive?: readonly string[];
  readonly offline?: boolean;
  readonly head?: readonly string[];
  readonly first: number;
  readonly last: number;
}

const output = new Output(process.stdout);
const program = new Command('gatehouse').description(
  'An MCP gateway that signs the user in once and calls every backend as that user.',
);

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
  .option('--port-base <port>', 'first of the ports to use', wholeNumber, DEFAULT_PORT_BASE)
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
    process.exitCode = await up({ once, json, portBase, stateFolder, replicas, ...configFile });
  });

program
  .command('validate')
  .description('check a configuration by the rules that the services run at start')
  .argument('<file>')
  .option('--explain', 'also show every derived value, and why')
  .action(async (file: string, { explain = false }: { readonly explain?: boolean }) => {
    const { validate } = await import('./validate.js');
    process.exitCode = validate(file, explain, output);
  });

program
  .command('nats-configuration')
  .description('print the nats-server configuration: one account per service, with what the contracts name')
  .argument('<file>')
  .option('--host <address>', 'address that nats-server listens on', '127.0.0.1')
  .option('--port <port>', 'client port', wholeNumber, 4222)
  .option('--monitor-port <port>', 'monitoring port on loopback; left out: none', wholeNumber)
  .option('--store <folder>', 'JetStream folder')
  .action(async (file: string, { host, port, monitorPort, store }: NatsFlags) => {
    const { natsConfigurationFor } = await import('./nats-configuration.js');
    const listen = {
      host,
      port,
      ...(monitorPort === undefined ? {} : { monitorPort }),
      ...(store === undefined ? {} : { storeDirectory: store }),
    };
    process.stdout.write(natsConfigurationFor(file, listen));
  });

program
  .command('migrate')
  .description('apply the database migrations of both services; make the streams and buckets of the bus')
  .requiredOption('--config <file>')
  .action(async ({ config }: { readonly config: string }) => {
    const { migrate } = await import('./migrate.js');
    process.exitCode = await migrate(config, process.env, output);
  });

const audit = program.command('audit').description('the custody log: archive it, verify it');

audit
  .command('archive')
  .description(
    'export whole days of the custody log, verify the files, and delete the days from the database',
  )
  .requiredOption('--config <file>')
  .requiredOption('--directory <folder>', 'where the archives go')
  .requiredOption('--before <time>', 'days that ended before this date, or this long ago (30d)')
  .option('--remove', 'delete archived days from the database')
  .action(async ({ config, directory, before, remove = false }: ArchiveFlags) => {
    const { archive } = await import('./audit/archive.js');
    process.exitCode = await archive({ config, directory, before, remove }, process.env, output);
  });

audit
  .command('verify')
  .description(
    'recompute every chain: exit code 0 when everything is as it was written, 2 when something differs',
  )
  .requiredOption('--config <file>')
  .option('--archive <folder...>', 'archives to verify, with the database or without')
  .option('--offline', 'do not ask the database')
  .option('--head <replica:sequence...>', 'how far chains are known to have reached (custody-log-head)')
  .option(
    '--first <number>',
    'number of the first archive here; earlier ones are kept elsewhere',
    wholeNumber,
    1,
  )
  .option('--last <number>', 'the number of the last archive', wholeNumber, 0)
  .action(
    async ({ config, archive: archives = [], offline = false, head = [], first, last }: VerifyFlags) => {
      const { verify } = await import('./audit/verify.js');
      const options = { config, archives, offline, heads: head, first, last };
      process.exitCode = await verify(options, process.env, output);
    },
  );

program
  .command('demonstrate')
  .description('do the main job against a demonstration gateway that already runs')
  .option('--config <file>', 'the configuration that the gateway runs with', DEMONSTRATION_CONFIGURATION)
  .option('--url <url>', 'its MCP endpoint; left out: the one that the configuration names')
  .option('--json', 'print the rows as JSON to standard output, everything else to standard error')
  .action(async ({ config, url, json = false }: DemonstrateFlags) => {
    const { demonstrate } = await import('./demonstrate.js');
    const progress = json ? new Output(process.stderr) : output;
    process.exitCode = await demonstrate({ config, json, ...(url === undefined ? {} : { url }) }, progress);
  });

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof Cannot)) throw error;
  console.error(`\n${error.message}`);
  process.exitCode = 1;
}
// Open connections and timers of libraries must not keep a finished command running.
process.exit();
