import { freePort } from '@gatehouse/testing/free-port';
import { Program } from '@gatehouse/testing/program';
import { inRepository } from '@gatehouse/testing/repository';

/** How many backends, what they have, and whose credential they get. */
export interface Many {
  readonly backends: number;
  readonly toolsOfEach: number;
  /** A person's own token of a provider; otherwise none. */
  readonly isPerUser: boolean;
  readonly conflictResolution?: 'prefix' | 'priority';
}

export interface ManyBackends {
  readonly pid: number;
  /** A configuration with these backends and no others. @param renamed the last one has another name. */
  configured(yaml: string, many: Many, renamed?: boolean): string;
  close(): Promise<void>;
}

/** Backends that cost next to nothing, all in one process. */
export async function startManyBackends(): Promise<ManyBackends> {
  const port = await freePort();
  const program = new Program({
    name: 'backends',
    script: inRepository('bench/dist/scale/backends-program.js'),
    args: [String(port)],
    isReady: (output) => output.includes('backends ready'),
  });
  await program.start();
  return {
    pid: program.pid ?? 0,
    configured: (yaml, many, renamed = false) => {
      const names = Array.from({ length: many.backends }, (_, index) => nameOf(index, many, renamed));
      return replaced(yaml, [
        ['backends', names.map((name) => backendLine(name, port, many)).join('\n')],
        ['outgoingAuth', outgoingAuth(names, many)],
        ['aggregation', aggregation(names, many)],
      ]);
    },
    close: async () => {
      await program.stop();
    },
  };
}

const nameOf = (index: number, { backends }: Many, renamed: boolean): string =>
  renamed && index === backends - 1 ? RENAMED : `b${index}`;

export const RENAMED = 'renamed';

const backendLine = (name: string, port: number, { toolsOfEach }: Many): string =>
  `  - { name: ${name}, url: http://localhost:${port}/${name}/${toolsOfEach}/mcp, transport: streamable-http }`;

const outgoingAuth = (names: readonly string[], { isPerUser }: Many): string =>
  [
    '  source: inline',
    '  default: { type: unauthenticated }',
    ...(isPerUser
      ? [
          '  backends:',
          ...names.map(
            (name) => `    ${name}: { type: upstreamInject, upstreamInject: { providerName: octo } }`,
          ),
        ]
      : []),
  ].join('\n');

const aggregation = ([first = '']: readonly string[], { conflictResolution = 'prefix' }: Many): string =>
  conflictResolution === 'prefix'
    ? "  conflictResolution: prefix\n  conflictResolutionConfig: { prefixFormat: '{workload}_' }"
    : `  conflictResolution: priority\n  conflictResolutionConfig: { priorityOrder: [${first}] }`;

/** Writes other lines under top-level fields of a YAML text. */
const replaced = (yaml: string, fields: readonly (readonly [string, string])[]): string =>
  fields.reduce(
    (text, [field, lines]) =>
      text.replace(new RegExp(`^${field}:\\n(?:(?: .*)?\\n)+`, 'm'), () => `${field}:\n${lines}\n\n`),
    yaml,
  );
