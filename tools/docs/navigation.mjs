/**
 * Where each page stands in the navigation. A page in one of the `folders` appears by itself, in the order of `order:` in its
 * front matter and then of its path; a folder inside is a group of its own, and so is
 * each of the `groups`. Pages that lie elsewhere are in the list `pages`.
 * A page that is in neither is in no navigation, and tools/checks/docs-pages.mjs fails.
 */
export const SECTIONS = [
  { title: 'Start', folders: ['docs/start'], pages: [] },
  {
    title: 'Guides',
    folders: ['docs/guides'],
    groups: ['examples', 'docs/providers'],
    pages: [
      'docs/backends.md',
      'docs/stdio.md',
      'docs/mcp-upstreams.md',
      'docs/providers.md',
      'docs/views.md',
      'docs/access.md',
      'docs/administration.md',
      'docs/authorization.md',
      'docs/openid.md',
      'docs/reverse-proxy.md',
      'docs/workers.md',
      'docs/health.md',
      'docs/doctor.md',
      'docs/telemetry.md',
      'docs/custody-log.md',
    ],
  },
  { title: 'Runbooks', folders: ['docs/operate'], pages: [] },
  {
    title: 'Concepts',
    folders: ['docs/concepts', 'docs/flows'],
    pages: [
      'ARCHITECTURE.md',
      'SECURITY.md',
      'docs/sealing.md',
      'docs/mcp.md',
      'docs/provider-answers.md',
      'docs/spec-divergences.md',
      'docs/speed.md',
      'docs/scaling.md',
    ],
  },
  {
    title: 'Reference',
    folders: ['docs/reference'],
    pages: [
      'docs/configuration.md',
      'docs/failure-modes.md',
      'docs/exit-codes.md',
      'docs/sizes.md',
      'CHANGELOG.md',
    ],
  },
  { title: 'Decisions', folders: ['docs/adr'], pages: ['CONTRIBUTING.md'], isCollapsed: true },
];

/** The first page of the site; it needs no line in the navigation. */
export const HOME = 'README.md';
