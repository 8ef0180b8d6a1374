import type { Changes } from '../configuration.fixture.js';
import type { Row } from './row.fixture.js';

/** A document whose fourth backend is a program, and what is changed about it. */
export const program = (
  more: Readonly<Record<string, unknown>> = {},
  bridge: Readonly<Record<string, unknown>> = { secret: { env: 'BRIDGE_SECRET' } },
): Changes => ({
  'backends.3': { name: 'status', command: ['/usr/bin/status-server', '--stdio'], ...more },
  bridge,
});

const TOKEN = { type: 'upstreamInject', upstreamInject: { providerName: 'octo' } };

/** Backends with a command. */
export const STDIO_ROWS: readonly Row[] = [
  ['a backend that is nowhere', { 'backends.3': { name: 'status' } }, 'backends[3].url', /command/],
  [
    'a backend that is at a URL and a program',
    program({ url: 'https://status.acme.example/mcp' }),
    'backends[3].command',
    /either/,
  ],
  [
    'variables of a backend that is no program',
    { 'backends.0.env': { LEVEL: 'info' } },
    'backends[0].env',
    /command alone/,
  ],
  [
    'a program with certificates of a server',
    program({ allowPrivateIps: true }),
    'backends[3].allowPrivateIps',
    /url alone/,
  ],
  ['a bridge that takes calls from everybody', program({}, {}), 'bridge.secret', /has to know the proxy/],
  [
    'a bridge without a secret on an address that others reach',
    {
      ...program({}, { allowWithoutSecret: true, url: 'https://bridge.acme.example' }),
      'listen.bridge': { host: '10.0.0.1' },
    },
    'bridge.allowWithoutSecret',
    /loopback/,
  ],
  [
    'a bridge that is told to do without the secret that it has',
    program({}, { secret: { env: 'BRIDGE_SECRET' }, allowWithoutSecret: true }),
    'bridge.allowWithoutSecret',
    /no effect/,
  ],
  [
    'a secret that can be guessed',
    program({}, { secret: { env: 'API_KEY' } }),
    'bridge.secret',
    /shorter than 32/,
  ],
  [
    'a program that is said to speak HTTP with SSE',
    program({ transport: 'sse' }),
    'backends[3].transport',
    /Streamable HTTP/,
  ],
  ['a command without a program', program({ command: [] }), 'backends[3].command', /missing/],
  [
    'a token in the place of a configured variable',
    {
      ...program({ env: { TOKEN: 'x' }, tokenEnv: 'TOKEN' }),
      'outgoingAuth.backends.status': TOKEN,
    },
    'backends[3].tokenEnv',
    /already/,
  ],
  [
    'a variable that the bridge needs itself',
    program({ env: { GATEHOUSE_PROGRAM: 'x' } }),
    'backends[3].env.GATEHOUSE_PROGRAM',
  ],
  [
    'a token that does not reach the program',
    { ...program(), 'outgoingAuth.backends.status': TOKEN },
    'backends[3].command',
    /tokenEnv names no variable/,
  ],
  [
    'a variable for a token that nobody gives',
    program({ tokenEnv: 'TOKEN' }),
    'backends[3].tokenEnv',
    /gives no token/,
  ],
  [
    'a header for a program',
    {
      ...program(),
      'outgoingAuth.backends.status': {
        type: 'headerInjection',
        headerInjection: { headerName: 'X-Api-Key', headerValue: { env: 'API_KEY' } },
      },
    },
    'backends[3].command',
    /no headers/,
  ],
  [
    'more programs of one person than of all',
    program({ processes: { atOnce: 2, atOncePerPerson: 3 } }),
    'backends[3].processes.atOncePerPerson',
  ],
  [
    'a program that is given no time to start',
    program({ processes: { startTimeout: '1ms' } }),
    'backends[3].processes.startTimeout',
  ],
  [
    'a bridge in the clear across the network',
    program({}, { secret: { env: 'BRIDGE_SECRET' }, url: 'http://bridge.acme.example' }),
    'bridge.url',
    /http is refused/,
  ],
  [
    'a bridge where the proxy listens',
    { ...program(), 'listen.bridge': { port: 4483 } },
    'listen.bridge.port',
    /proxy already listens/,
  ],
];
