import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, dirname, join } from 'node:path';
import { inRepository } from '@gatehouse/testing/repository';

/** What a block of a runbook says: `restart token-vault`. */
export interface Word {
  readonly word: string;
  readonly args: readonly string[];
  /** Its standard input. */
  readonly text: string;
}

const WORDS = ['start', 'stop', 'restart', 'upgrade', 'downgrade', 'reload', 'ready', 'sql', 'written-into'];
const WORD_PROGRAM = inRepository('tests/support/operate/word.mjs');
const GATEHOUSE = inRepository('apps/gatehouse/dist/main.js');

/** The words of runbooks as programs, each of which asks this server. */
export class WordServer {
  #does: (word: Word) => Promise<string> = () => Promise.reject(new Error('nobody listens yet'));

  private constructor(
    private readonly server: Server,
    readonly environment: Readonly<Record<string, string>>,
  ) {
    server.on('request', (request: IncomingMessage, response) => {
      void readAll(request)
        .then((body) => this.#does(JSON.parse(body) as Word))
        .then(
          (said) => response.end(said),
          (error: unknown) =>
            response.writeHead(500).end(`${error instanceof Error ? error.message : String(error)}\n`),
        );
    });
  }

  /** @param configuration the file that commands see with the secrets of those who run them */
  static async start(folder: string, configuration: string): Promise<WordServer> {
    const server = createServer();
    server.requestTimeout = 0;
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const programs = join(folder, '.programs');
    await mkdir(programs);
    const program = async (name: string, text: string): Promise<void> =>
      await writeFile(join(programs, name), `#!/bin/bash\n${text}\n`, { mode: 0o755 });
    for (const word of WORDS) await program(word, `exec node '${WORD_PROGRAM}' ${port} ${word} "$@"`);
    await program('npx', `[ "$1" = gatehouse ] || exit 64; shift; exec gatehouse "$@"`);
    await program('gatehouse', commandLine(folder, configuration));
    const { PATH = '', HOME = '/tmp' } = process.env;
    const places = [programs, dirname(process.execPath), PATH];
    return new WordServer(server, { PATH: places.join(delimiter), HOME });
  }

  doWhatIsSaid(does: (word: Word) => Promise<string>): void {
    this.#does = does;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}

/** `/run/secrets` is a mount in a container of its own; here it is the folder that such a mount would show. */
const commandLine = (folder: string, configuration: string): string => `
sed "s#/run/secrets/#${folder}/secrets/operator/#g" '${folder}/${configuration}' > '${folder}/.mounted.yaml'
args=()
for one in "$@"; do
  if [ "$one" = '${configuration}' ]; then one='${folder}/.mounted.yaml'; fi
  args+=("$one")
done
exec node '${GATEHOUSE}' "\${args[@]}"`;

async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
