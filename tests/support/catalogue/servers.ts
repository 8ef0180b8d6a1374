import { readFileSync } from 'node:fs';
import { inRepository } from '@gatehouse/testing/repository';

type Registry = 'packages' | 'npm' | 'PyPI' | 'Go';
type Transport = 'stdio' | 'streamable-http' | 'sse';

/** Where a server that is started for a test has its files, and listens. */
export interface Place {
  readonly folder: string;
  readonly port: number;
}

export interface CataloguedServer {
  /** Its name as a backend. */
  readonly name: string;
  readonly registry: Registry;
  readonly package: string;
  readonly transport: Transport;
  readonly command: (place: Place) => readonly [string, ...string[]];
  readonly environment?: (place: Place) => Readonly<Record<string, string>>;
  /** Of its URL, where it has one. */
  readonly path?: string;
  /** A tool that changes nothing, and answers the same with a network and without. */
  readonly call: readonly [tool: string, parameters: Readonly<Record<string, unknown>>];
  /** What is not the same, with a reason in `docs/backends.md`. */
  readonly known?: readonly string[];
}

const NODE = process.execPath;
/** Where `tools/set-up/catalogue.mjs` installs them. */
const installed = (registry: Registry, ...path: string[]): string =>
  inRepository('.gatehouse/catalogue', registry, ...path);
const ofNpm = (path: string): string => installed('npm', 'node_modules', path);
const ofPyPI = (program: string): string => installed('PyPI', 'venv/bin', program);
const example = (file: string): string =>
  inRepository('node_modules/@modelcontextprotocol/sdk/dist/esm/examples/server', file);
const FAST = inRepository('tests/support/catalogue/fastmcp_server.py');

const NPM = { registry: 'npm', transport: 'stdio' } as const;
const PYPI = { registry: 'PyPI', transport: 'stdio' } as const;
const GO = { registry: 'Go', transport: 'stdio' } as const;
const GO_SDK = 'github.com/modelcontextprotocol/go-sdk';
const MCP_GO = 'github.com/mark3labs/mcp-go';
const EVERYTHING = '@modelcontextprotocol/server-everything';
/** MCP 2025-11-25 has letters, digits, `_`, `-` and `.` in names of tools. These have spaces and brackets, and are listed under others. */
const NOT_NAMES = [
  'no elicit (form)',
  'no elicit (url)',
  'no greet (content with ResourceLink)',
  'no greet (structured)',
  'no greet (with Icons)',
  '5 tools more',
] as const;
const ECHO = ['echo', { message: 'Grüße, "quoted" \\ 1.0' }] as const;
const ADD = ['add', { a: 1, b: 2 }] as const;

const everything = (mode: string) => (): [string, ...string[]] => [
  NODE,
  ofNpm(`${EVERYTHING}/dist/index.js`),
  mode,
];
const atPort = ({ port }: Place): Record<string, string> => ({ PORT: String(port) });
const fast =
  (mode: string) =>
  ({ port }: Place): [string, ...string[]] => [ofPyPI('python'), FAST, mode, String(port)];

/** They come with the packages of this repository. */
const OF_PACKAGES: readonly CataloguedServer[] = [
  {
    name: 'sdk-streamable',
    registry: 'packages',
    package: '@modelcontextprotocol/sdk',
    transport: 'streamable-http',
    command: () => [NODE, example('simpleStreamableHttp.js')],
    environment: ({ port }) => ({ MCP_PORT: String(port) }),
    path: '/mcp',
    call: ['greet', { name: 'Ann' }],
  },
  {
    name: 'sdk-stdio',
    registry: 'packages',
    package: '@modelcontextprotocol/sdk',
    transport: 'stdio',
    command: () => [NODE, example('mcpServerOutputSchema.js')],
    // Its weather is a matter of chance; what it has against a city is not.
    call: ['get_weather', { city: 1 }],
  },
];

const OF_NPM: readonly CataloguedServer[] = [
  { ...NPM, name: 'everything', package: EVERYTHING, command: everything('stdio'), call: ECHO },
  {
    ...NPM,
    name: 'everything-http',
    package: EVERYTHING,
    transport: 'streamable-http',
    command: everything('streamableHttp'),
    environment: atPort,
    path: '/mcp',
    call: ECHO,
  },
  {
    ...NPM,
    name: 'everything-sse',
    package: EVERYTHING,
    transport: 'sse',
    command: everything('sse'),
    environment: atPort,
    path: '/sse',
    call: ECHO,
  },
  {
    ...NPM,
    name: 'filesystem',
    package: '@modelcontextprotocol/server-filesystem',
    command: ({ folder }) => [NODE, ofNpm('@modelcontextprotocol/server-filesystem/dist/index.js'), folder],
    call: ['list_allowed_directories', {}],
  },
  {
    ...NPM,
    name: 'memory',
    package: '@modelcontextprotocol/server-memory',
    command: () => [NODE, ofNpm('@modelcontextprotocol/server-memory/dist/index.js')],
    environment: ({ folder }) => ({ MEMORY_FILE_PATH: `${folder}/memory.json` }),
    call: ['read_graph', {}],
  },
  {
    ...NPM,
    name: 'thinking',
    package: '@modelcontextprotocol/server-sequential-thinking',
    command: () => [NODE, ofNpm('@modelcontextprotocol/server-sequential-thinking/dist/index.js')],
    call: [
      'sequentialthinking',
      { thought: 'One.', thoughtNumber: 1, totalThoughts: 1, nextThoughtNeeded: false },
    ],
  },
  {
    ...NPM,
    name: 'notion',
    package: '@notionhq/notion-mcp-server',
    command: () => [NODE, ofNpm('@notionhq/notion-mcp-server/bin/cli.mjs')],
    environment: () => ({ NOTION_TOKEN: 'ntn_none' }),
    call: ['API-get-self', {}],
  },
  {
    ...NPM,
    name: 'playwright',
    package: '@playwright/mcp',
    command: () => [NODE, ofNpm('@playwright/mcp/cli.js')],
    // Where there is no browser, it says so.
    call: ['browser_close', {}],
  },
  {
    ...NPM,
    name: 'context7',
    package: '@upstash/context7-mcp',
    command: () => [NODE, ofNpm('@upstash/context7-mcp/dist/index.js')],
    call: ['resolve-library-id', {}],
  },
  {
    ...NPM,
    name: 'figma',
    package: 'figma-developer-mcp',
    command: () => [NODE, ofNpm('figma-developer-mcp/dist/bin.js'), '--stdio', '--figma-api-key=none'],
    call: ['get_figma_data', { fileKey: 'no/key' }],
  },
  {
    ...NPM,
    name: 'firecrawl',
    package: 'firecrawl-mcp',
    command: () => [NODE, ofNpm('firecrawl-mcp/dist/index.js')],
    environment: () => ({ FIRECRAWL_API_KEY: 'none' }),
    call: ['firecrawl_scrape', { url: 'no url' }],
  },
  {
    ...NPM,
    name: 'kubernetes',
    package: 'mcp-server-kubernetes',
    command: () => [NODE, ofNpm('mcp-server-kubernetes/dist/index.js')],
    call: ['ping', {}],
  },
  {
    ...NPM,
    name: 'tavily',
    package: 'tavily-mcp',
    command: () => [NODE, ofNpm('tavily-mcp/build/index.js')],
    environment: () => ({ TAVILY_API_KEY: 'none' }),
    call: ['tavily_search', { query: 'x' }],
  },
];

const OF_PYPI: readonly CataloguedServer[] = [
  {
    ...PYPI,
    name: 'time',
    package: 'mcp-server-time',
    command: () => [ofPyPI('mcp-server-time')],
    call: ['convert_time', { source_timezone: 'UTC', time: '12:00', target_timezone: 'Asia/Tokyo' }],
  },
  {
    ...PYPI,
    name: 'git',
    package: 'mcp-server-git',
    command: () => [ofPyPI('mcp-server-git')],
    call: ['git_branch', { repo_path: inRepository('.'), branch_type: 'local' }],
  },
  {
    ...PYPI,
    name: 'fetch',
    package: 'mcp-server-fetch',
    command: () => [ofPyPI('mcp-server-fetch')],
    call: ['fetch', { url: 'no url' }],
  },
  { ...PYPI, name: 'fast', package: 'fastmcp', command: fast('stdio'), call: ADD },
  {
    ...PYPI,
    name: 'fast-http',
    package: 'fastmcp',
    transport: 'streamable-http',
    command: fast('http'),
    path: '/mcp',
    call: ADD,
  },
  {
    ...PYPI,
    name: 'fast-sse',
    package: 'fastmcp',
    transport: 'sse',
    command: fast('sse'),
    path: '/sse',
    call: ADD,
  },
];

const OF_GO: readonly CataloguedServer[] = [
  {
    ...GO,
    name: 'go-everything',
    package: GO_SDK,
    command: () => [installed('Go', 'go-sdk-everything')],
    call: ['greet', { name: 'Ann' }],
    known: NOT_NAMES,
  },
  {
    ...GO,
    name: 'go-http',
    package: GO_SDK,
    transport: 'streamable-http',
    command: ({ port }) => [installed('Go', 'go-sdk-everything'), '-http', `127.0.0.1:${port}`],
    path: '/',
    call: ['greet', { name: 'Ann' }],
    known: NOT_NAMES,
  },
  {
    ...GO,
    name: 'go-sse',
    package: GO_SDK,
    transport: 'sse',
    command: ({ port }) => [installed('Go', 'go-sdk-sse'), '-host', '127.0.0.1', '-port', String(port)],
    path: '/greeter1',
    call: ['greet1', { name: 'Ann' }],
  },
  {
    ...GO,
    name: 'go-memory',
    package: GO_SDK,
    command: () => [installed('Go', 'go-sdk-memory')],
    call: ['read_graph', {}],
  },
  {
    ...GO,
    name: 'mcp-go',
    package: MCP_GO,
    command: () => [installed('Go', 'mcp-go-everything')],
    call: ECHO,
  },
  {
    ...GO,
    name: 'mcp-go-typed',
    package: MCP_GO,
    command: () => [installed('Go', 'mcp-go-typed-tools')],
    call: [
      'greeting',
      { name: 'Ann', age: 3, is_vip: false, languages: ['de'], metadata: { location: 'x', timezone: 'UTC' } },
    ],
  },
];

/** What `npm run catalogue` has installed, and asks for. */
const asked = (process.env['GATEHOUSE_CATALOGUE'] ?? 'packages').split(',');

const ALL = [...OF_PACKAGES, ...OF_NPM, ...OF_PYPI, ...OF_GO];
export const testedServers = ALL.filter(({ registry }) => asked.includes(registry));
export const leftOut = [...new Set(ALL.map(({ registry }) => registry))].filter(
  (name) => !asked.includes(name),
);

export function versionOf({ registry, package: name }: CataloguedServer): string {
  const file =
    registry === 'packages'
      ? inRepository('node_modules', name, 'package.json')
      : inRepository('tools/set-up/catalogue.json');
  const read = JSON.parse(readFileSync(file, 'utf8')) as { readonly version?: string } & Partial<
    Record<Registry, Readonly<Record<string, string>>>
  >;
  return read[registry]?.[name] ?? read.version ?? 'unknown';
}
