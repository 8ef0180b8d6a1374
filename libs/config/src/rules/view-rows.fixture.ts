import type { Row } from './row.fixture.js';

const view = (more: Readonly<Record<string, unknown>> = {}) => ({
  name: 'support',
  backends: ['repos'],
  ...more,
});
const views = (...all: readonly unknown[]) => ({ views: all });

/** Named views, and the paths of MCP endpoints. */
export const VIEW_ROWS: readonly Row[] = [
  ['a view without backends', views(view({ backends: [] })), 'views[0].backends', /shows nothing/],
  [
    'a view of a backend that does not exist',
    views(view({ backends: ['repo'] })),
    'views[0].backends[0]',
    /Known: repos/,
  ],
  [
    'a view that names a backend twice',
    views(view({ backends: ['repos', 'repos'] })),
    'views[0].backends[1]',
  ],
  ['two views of one name', views(view(), view({ backends: ['tickets'] })), 'views[1].name'],
  [
    'a pattern about a backend that the view does not have',
    views(view({ tools: { exclude: ['repos/a', 'tickets/*'] } })),
    'views[0].tools.exclude[1]',
    /no backend tickets\. It has: repos/,
  ],
  [
    'a pattern without a backend',
    views(view({ resources: { include: ['search_*'] } })),
    'views[0].resources.include[0]',
    /<backend>\/<name>/,
  ],
  [
    'a tool of a view that the filter hides',
    {
      ...views(view({ tools: { include: ['repos/b'] } })),
      'aggregation.tools': [{ workload: 'repos', filter: ['a'] }],
    },
    'views[0].tools.include[0]',
    /aggregation\.tools hides b/,
  ],
  [
    'a tool of a view whose backend shows none',
    {
      ...views(view({ tools: { include: ['repos/b'] } })),
      'aggregation.tools': [{ workload: 'repos', excludeAll: true }],
    },
    'views[0].tools.include[0]',
    /aggregation\.tools hides b/,
  ],
  [
    'tools of a view of which the filter leaves none',
    {
      ...views(view({ tools: { include: ['repos/b_*'] } })),
      'aggregation.tools': [{ workload: 'repos', filter: ['a'] }],
    },
    'views[0].tools.include[0]',
    /aggregation\.tools hides b_\*/,
  ],
  [
    'all tools of a view whose backend shows none',
    {
      ...views(view({ tools: { include: ['repos/*'] } })),
      'aggregation.tools': [{ workload: 'repos', excludeAll: true }],
    },
    'views[0].tools.include[0]',
    /aggregation\.tools hides \* of repos/,
  ],
  [
    'a tool of a view where no tool is shown',
    { ...views(view({ tools: { include: ['repos/b'] } })), 'aggregation.excludeAllTools': true },
    'views[0].tools.include[0]',
    /aggregation\.excludeAllTools hides b/,
  ],
  [
    'a tool of a view whose backend has no entry where what is not allowed is hidden',
    {
      ...views(view({ backends: ['repos', 'tickets'], tools: { include: ['tickets/b', 'repos/a', '*/a'] } })),
      'aggregation.defaultToolVisibility': 'deny',
      'aggregation.tools': [{ workload: 'repos', filter: ['a'] }],
    },
    'views[0].tools.include[0]',
    /aggregation\.defaultToolVisibility hides b of tickets/,
  ],
  [
    'a tool of every backend of a view that none of them shows',
    {
      ...views(view({ backends: ['repos', 'tickets'], tools: { include: ['*/b', 'repos/a'] } })),
      'aggregation.defaultToolVisibility': 'deny',
      'aggregation.tools': [{ workload: 'repos', filter: ['a'] }],
    },
    'views[0].tools.include[0]',
    /hides b of every backend/,
  ],
  [
    'a backend whose endpoint is that of all backends under this public URL',
    {
      publicUrl: 'https://mcp.acme.example/mcp',
      'authServer.issuer': 'https://mcp.acme.example',
      'backends.0.name': 'mcp',
      'outgoingAuth.backends.repos': undefined,
    },
    'backends[0].name',
    /\/mcp\/mcp is the path of the endpoint of all backends and of the backend mcp/,
  ],
  [
    'a view whose endpoint is that of all backends under this public URL',
    {
      publicUrl: 'https://mcp.acme.example/mcp/views',
      'authServer.issuer': 'https://mcp.acme.example',
      ...views(view({ name: 'mcp' })),
    },
    'views[0].name',
    /\/mcp\/views\/mcp is the path of/,
  ],
];
