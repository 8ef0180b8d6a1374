import { NO_PROVIDER_STRATEGIES, type Row } from './row.fixture.js';
import { program } from './stdio-rows.fixture.js';

const PLACE = 'outgoingAuth.backends.reports.headerInjection';
const perUser = (more: Readonly<Record<string, unknown>> = {}) => ({
  type: 'headerInjection',
  headerInjection: { headerName: 'X-Api-Key', perUser: { name: 'jira', label: 'Jira API token', ...more } },
});

/** Secrets that people enter. */
export const USER_SECRET_ROWS: readonly Row[] = [
  [
    'a header without a value',
    { [`${PLACE}.headerValue`]: undefined },
    `${PLACE}.headerValue`,
    /value of the header is required/,
  ],
  [
    'a header with a value for everybody and one of each person',
    { [`${PLACE}.perUser`]: { name: 'jira', label: 'Jira API token' } },
    `${PLACE}.perUser`,
    /either one for everybody/,
  ],
  [
    'a secret of each person where nobody signs in',
    {
      ...NO_PROVIDER_STRATEGIES,
      incomingAuth: { type: 'oidc', oidc: { issuer: 'https://idp.example/' } },
      'outgoingAuth.backends.reports': perUser(),
    },
    `${PLACE}.perUser`,
    /needs authServer/,
  ],
  [
    'a secret named like a provider',
    { 'outgoingAuth.backends.reports': perUser({ name: 'octo' }) },
    `${PLACE}.perUser.name`,
    /name of a provider/,
  ],
  [
    'a secret whose name is none',
    { 'outgoingAuth.backends.reports': perUser({ name: 'Jira Token' }) },
    `${PLACE}.perUser.name`,
    /not a DNS label/,
  ],
  [
    'a secret without a name for people',
    { 'outgoingAuth.backends.reports': perUser({ label: undefined }) },
    `${PLACE}.perUser.label`,
  ],
  [
    'a secret with a name for people that fills a page',
    { 'outgoingAuth.backends.reports': perUser({ label: 'x'.repeat(101) }) },
    `${PLACE}.perUser.label`,
    /longer than 100/,
  ],
  [
    'a link to a page that anybody on the way can change',
    { 'outgoingAuth.backends.reports': perUser({ help: 'http://jira.example/tokens' }) },
    `${PLACE}.perUser.help`,
    /https/,
  ],
  ...['Host', 'Cookie', 'Mcp-Session-Id', 'Transfer-Encoding'].map((headerName): Row => [
    `a secret of a person in the ${headerName} header`,
    {
      'outgoingAuth.backends.reports': {
        type: 'headerInjection',
        headerInjection: { headerName, perUser: { name: 'jira', label: 'Jira API token' } },
      },
    },
    `${PLACE}.headerName`,
    /cannot hold a secret/,
  ]),
  [
    'one secret with two names for people',
    {
      'outgoingAuth.backends.reports': perUser(),
      'outgoingAuth.backends.status': perUser({ label: 'Another' }),
    },
    'outgoingAuth.backends.status.headerInjection.perUser.label',
    /another label at reports/,
  ],
  [
    'a secret of a person for a program, which has no headers',
    { ...program(), 'outgoingAuth.backends.status': perUser() },
    'backends[3].command',
    /no headers/,
  ],
  [
    'a secret of a person in a variable of a program',
    { ...program({ tokenEnv: 'KEY' }), 'outgoingAuth.backends.status': perUser() },
    'backends[3].tokenEnv',
  ],
];
