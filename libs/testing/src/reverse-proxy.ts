import { accessSync, constants } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { freePort } from './free-port.js';
import { inRepository } from './repository.js';
import { TiedProcess } from './tied-process.js';
import { until } from './until.js';

/** What docker-compose.yml runs, beside the files of `examples/reverse-proxy`. */
export const BUNDLED_CADDYFILE = 'Caddyfile.compose';

export interface ReverseProxyOptions {
  /** The file of `examples/reverse-proxy` that it runs, or {@link BUNDLED_CADDYFILE}. */
  readonly example: string;
  readonly port: number;
  readonly certificate: { readonly key: string; readonly cert: string };
  /** Where the services of the example are here. */
  readonly proxyPort: number;
  readonly authorizationServerPort: number;
}

type Server = 'nginx' | 'caddy';

const serverOf = (example: string): Server => (example.startsWith('nginx') ? 'nginx' : 'caddy');

/** Where `tools/set-up/reverse-proxies.mjs` puts what the system does not have. */
const UNPACKED = ['usr/sbin', 'usr/bin'].map((folder) => inRepository('.gatehouse/reverse-proxies', folder));

/** @returns the path of the server that an example is for; `undefined` when it is not on this machine. */
export function reverseProxyProgram(example: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', ...UNPACKED];
  return folders
    .map((folder) => join(folder, serverOf(example)))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** A reverse proxy that nobody here wrote, with TLS ending there, as `examples/reverse-proxy` has it. */
export class ReverseProxy {
  #said = '';

  private constructor(
    private readonly process: TiedProcess,
    private readonly folder: string,
  ) {
    process.stderr.on('data', (chunk: Buffer) => (this.#said += chunk.toString()));
  }

  /** Its log. */
  said(): string {
    return this.#said;
  }

  static async start(options: ReverseProxyOptions): Promise<ReverseProxy> {
    const program = reverseProxyProgram(options.example);
    if (program === undefined) throw new Error(`there is no server for ${options.example}`);
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-reverse-proxy-'));
    await writeFile(join(folder, 'certificate.pem'), options.certificate.cert);
    await writeFile(join(folder, 'key.pem'), options.certificate.key, { mode: 0o600 });
    const file = join(folder, 'configuration');
    const { configuration, args, environment = {} } = await made(options, { folder, file });
    await writeFile(file, configuration);
    const tied = new TiedProcess('KILL', [program, ...args], {
      cwd: folder,
      env: {
        PATH: process.env['PATH'],
        HOME: folder,
        XDG_DATA_HOME: folder,
        XDG_CONFIG_HOME: folder,
        ...environment,
      },
    });
    const proxy = new ReverseProxy(tied, folder);
    await listening(tied, options.port, () => proxy.said());
    return proxy;
  }

  async close(): Promise<void> {
    await this.process.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}

interface Made {
  readonly configuration: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

interface Place {
  readonly folder: string;
  readonly file: string;
  readonly port: number;
}

async function made(options: ReverseProxyOptions, { folder, file }: Omit<Place, 'port'>): Promise<Made> {
  if (options.example === BUNDLED_CADDYFILE) return await bundled(options, { folder, file });
  const text = await readFile(inRepository('examples/reverse-proxy', options.example), 'utf8');
  const here = text
    .replaceAll('127.0.0.1:4483', `127.0.0.1:${options.proxyPort}`)
    .replaceAll('127.0.0.1:4484', `127.0.0.1:${options.authorizationServerPort}`);
  const make = serverOf(options.example) === 'nginx' ? nginx : caddy;
  return make(here, { folder, file, port: options.port });
}

/** Only names and ports are others here: an address instead of a name that Docker's DNS knows. */
async function bundled(
  { port, proxyPort, authorizationServerPort }: ReverseProxyOptions,
  { folder, file }: Omit<Place, 'port'>,
): Promise<Made> {
  const text = await readFile(inRepository('infra/caddy/Caddyfile'), 'utf8');
  const configuration = text
    .replace('dynamic a vmcp-proxy 4483', `dynamic a 127.0.0.1 ${proxyPort}`)
    .replace('dynamic a authorization-server 4484', `dynamic a 127.0.0.1 ${authorizationServerPort}`)
    .replace('http_port 4480', `http_port ${await freePort()}`)
    .replace('https_port 4483', `https_port ${port}`)
    .replace('127.0.0.1:2080', `127.0.0.1:${await freePort()}`)
    .replace('\ttls {$GATEHOUSE_TLS', '\tbind 127.0.0.1\n\ttls {$GATEHOUSE_TLS');
  return {
    configuration,
    args: ['run', '--config', file, '--adapter', 'caddyfile'],
    environment: {
      GATEHOUSE_HOST: 'localhost',
      GATEHOUSE_TLS: `${folder}/certificate.pem ${folder}/key.pem`,
    },
  };
}

/** A server block stands in a file of its own; the rest of nginx's configuration is the distribution's. */
function nginx(server: string, { folder, file, port }: Place): Made {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `  ${kind}_temp_path ${folder}/${kind};`)
    .join('\n');
  const block = server
    .replace('listen 443 ssl;', `listen 127.0.0.1:${port} ssl;`)
    .replace('/etc/ssl/example.org.pem', `${folder}/certificate.pem`)
    .replace('/etc/ssl/example.org.key', `${folder}/key.pem`);
  return {
    configuration: `daemon off;\nmaster_process off;\npid ${folder}/pid;\nerror_log stderr;\nevents {}\nhttp {\n  access_log off;\n${temporary}\n${block}\n}\n`,
    args: ['-e', 'stderr', '-p', folder, '-c', file],
  };
}

/** Caddy gets certificates by itself; here it is given one. */
function caddy(site: string, { folder, file, port }: Place): Made {
  const own = `https://localhost:${port} {\n\tbind 127.0.0.1\n\ttls ${folder}/certificate.pem ${folder}/key.pem\n`;
  return {
    configuration: `{\n\tadmin off\n\tauto_https disable_redirects\n}\n\n${site.replace('example.org {\n', own)}`,
    args: ['run', '--config', file, '--adapter', 'caddyfile'],
  };
}

async function listening(process: TiedProcess, port: number, said: () => string): Promise<void> {
  let isOver = false;
  void process.ended.then(() => (isOver = true));
  let isThere = false;
  await until(() => {
    if (isOver) throw new Error(`the reverse proxy did not start: ${said()}`);
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => (isThere = true)).once('connect', () => socket.destroy());
    socket.once('error', () => socket.destroy());
    return isThere;
  });
}
