/** docs/reference/http-endpoints.md, and docs/reference/openapi.json beside it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { kindOf } from '../../apps/authorization-server/dist/http/request-limits.js';
import { REPOSITORY } from '../set-up/repository.mjs';
import { FORM, JSON_TYPE } from './http-authorization-server.mjs';
import { DESCRIPTIONS } from './http-descriptions.mjs';
import { code, generatedFrom, table } from './markdown.mjs';
import { keyOf, routeSources } from './route-sources.mjs';

const SERVICES = {
  'authorization-server': {
    title: 'Authorization server',
    url: 'https://auth.acme.example',
    about:
      'Below `authServer.issuer`; its own path, if it has one, stands before these. Where nothing is, a browser (`Accept: text/html`) gets a page with 404, and a program a problem document (RFC 9457).',
  },
  'vmcp-proxy': {
    title: 'Proxy',
    url: 'https://mcp.acme.example',
    about: 'Below `publicUrl`; its own path, if it has one, stands before these.',
  },
  internal: {
    title: 'Internal listener of every service',
    url: 'http://127.0.0.1:9090',
    about:
      'On `listen.*.internal` of each of the three services: for probes and operators, and for nobody else. The token vault has no other one.',
  },
};

const LIMITED = { 429: 'too many requests: `Retry-After`' };

/** Each route with what is said of it. @throws {Error} where only one of both is there. */
function describedRoutes(routes, descriptions) {
  const problems = [];
  const described = [];
  const known = new Set();
  for (const route of routes) {
    const methods = descriptions[route.service]?.[route.path] ?? {};
    const said =
      route.method === 'ALL' ? Object.keys(methods) : [route.method].filter((method) => method in methods);
    if (said.length === 0) problems.push(`${keyOf(route)} is not described`);
    for (const method of said) {
      known.add(keyOf({ ...route, method }));
      described.push({ ...route, method, ...methods[method] });
    }
  }
  for (const [service, paths] of Object.entries(descriptions))
    for (const [path, methods] of Object.entries(paths))
      for (const method of Object.keys(methods))
        if (!known.has(keyOf({ service, path, method })))
          problems.push(`${service} ${path} ${method} is described and does not exist`);
  if (problems.length > 0)
    throw new Error(`tools/reference/http-descriptions.mjs and its neighbour:\n${problems.join('\n')}`);
  return described.map((one) => ({ ...one, statuses: withLimit(one) }));
}

const withLimit = ({ service, path, statuses }) =>
  service === 'authorization-server' && kindOf(path) !== undefined ? { ...statuses, ...LIMITED } : statuses;

const httpSources = async () => ({ routes: await routeSources(), descriptions: DESCRIPTIONS });

const statusList = (statuses) =>
  Object.entries(statuses)
    .map(([status, about]) => `${code(status)} ${about}`)
    .join('; ');

function section(service, described) {
  const { title, about } = SERVICES[service];
  const own = described.filter((one) => one.service === service);
  return [
    `## ${title}`,
    about,
    table(
      ['path', 'method', 'called by', 'what it does', 'answers'],
      own.map(({ path, method, by, about: does, statuses }) => [
        code(path),
        method,
        by,
        does,
        statusList(statuses),
      ]),
    ),
  ];
}

const DRIFT = (sources) => ({
  ...sources,
  descriptions: {
    ...sources.descriptions,
    internal: {
      ...sources.descriptions.internal,
      '/status': { GET: { ...sources.descriptions.internal['/status'].GET, statuses: { 418: 'planted' } } },
    },
  },
});

export const httpPage = {
  path: 'docs/reference/http-endpoints.md',
  sources: httpSources,
  text: ({ routes, descriptions }) => {
    const described = describedRoutes(routes, descriptions);
    return [
      '# HTTP endpoints',
      generatedFrom('the routes that the services register'),
      'The same as OpenAPI 3.1: [openapi.json](openapi.json). A spec starts the services and asks each of these. Every path that is not here is answered with 404.',
      'Error codes of MCP and of pages are in [error codes](errors.md). `HEAD` works where `GET` does.',
      ...Object.keys(SERVICES).flatMap((service) => section(service, described)),
      '',
    ].join('\n\n');
  },
  drift: DRIFT,
  refused: (sources) => ({
    ...sources,
    routes: [...sources.routes, { service: 'vmcp-proxy', method: 'GET', path: '/planted' }],
  }),
};

const parametersOf = ({ path, query = {} }) => [
  ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  })),
  ...Object.entries(query).map(([name, description]) => ({
    name,
    in: 'query',
    description,
    schema: { type: 'string' },
  })),
];

const properties = (fields) =>
  Object.fromEntries(Object.entries(fields).map(([name, description]) => [name, { description }]));

function bodyOf({ form, json }) {
  if (form !== undefined)
    return {
      requestBody: {
        required: true,
        content: { [FORM]: { schema: { type: 'object', properties: properties(form) } } },
      },
    };
  if (json !== undefined)
    return {
      requestBody: {
        required: true,
        content: { [JSON_TYPE]: { schema: { type: 'object', properties: properties(json) } } },
      },
    };
  return {};
}

function responseOf(status, description, { type, members }) {
  if (type === undefined || Number(status) >= 300) return { description };
  const schema = /[/+]json$/.test(type)
    ? { type: 'object', ...(members === undefined ? {} : { required: members }) }
    : { type: 'string' };
  return { description, content: { [type]: { schema } } };
}

const operationOf = (one) => ({
  operationId: `${one.service}-${one.method.toLowerCase()}${one.path.replace(/[^a-z0-9]+/gi, '-')}`.replace(
    /-$/,
    '',
  ),
  tags: [one.service],
  summary: one.about,
  description: `Called by: ${one.by}.`,
  ...(one.token === true ? { security: [{ accessToken: [] }] } : {}),
  parameters: parametersOf(one),
  ...bodyOf(one),
  responses: Object.fromEntries(
    Object.entries(one.statuses).map(([status, about]) => [status, responseOf(status, about, one)]),
  ),
});

/** Three listeners can have one path: its operation is that of the first, and says what the others may answer, too. */
function pathsOf(described) {
  const paths = {};
  for (const one of described) {
    const item = (paths[one.path] ??= { servers: [] });
    const { url } = SERVICES[one.service];
    if (!item.servers.some((server) => server.url === url))
      item.servers.push({ url, description: SERVICES[one.service].title });
    const operation = operationOf(one);
    const before = item[one.method.toLowerCase()];
    item[one.method.toLowerCase()] =
      before === undefined
        ? operation
        : {
            ...before,
            tags: [...before.tags, one.service],
            responses: { ...operation.responses, ...before.responses },
          };
  }
  return paths;
}

export const openApi = {
  path: 'docs/reference/openapi.json',
  sources: httpSources,
  text: ({ routes, descriptions }) =>
    JSON.stringify({
      openapi: '3.1.0',
      info: {
        title: 'Gatehouse',
        version: JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8')).version,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
        description: 'Every HTTP endpoint of the three services. Hosts are examples.',
      },
      servers: Object.values(SERVICES).map(({ url, title }) => ({ url, description: title })),
      tags: Object.entries(SERVICES).map(([name, { title }]) => ({ name, description: title })),
      paths: pathsOf(describedRoutes(routes, descriptions)),
      components: {
        securitySchemes: {
          accessToken: {
            type: 'http',
            scheme: 'bearer',
            description: 'An access token of the authorization server, for this endpoint.',
          },
        },
      },
    }),
  drift: DRIFT,
};
