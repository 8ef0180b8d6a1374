/** Every HTTP route of the three services: those of controllers as the framework registers them, the others from where they are made. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { mcpEndpoints } from '../../libs/config/dist/urls/mcp-endpoints.js';
import { filesBelow } from '../checks/files.mjs';
import { REPOSITORY } from '../set-up/repository.mjs';
import { parsed, textOf, visit } from './sources.mjs';

/** As `RequestMethod` of Nest has them. */
const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'ALL', 'OPTIONS', 'HEAD'];

/** Whose controllers they are; that of liveness is a library's, and both services with a public listener have it. */
const CONTROLLERS = {
  'authorization-server': ['apps/authorization-server/src', 'libs/observability/src'],
  'vmcp-proxy': ['apps/vmcp-proxy/src', 'libs/observability/src'],
};

const flat = (path) => [path].flat();
const joined = (...parts) =>
  `/${parts
    .map((part) => part.replace(/^\/|\/$/g, ''))
    .filter(Boolean)
    .join('/')}`;
/** `:name` as OpenAPI writes it; the address of a stylesheet is made of what is in it. */
const written = (path) =>
  path
    .replace(/:(\w+)/g, '{$1}')
    .replace(/\/\*$/, '/{resource}')
    .replace(/^\/pages\/[\w-]{12}\.css$/, '/pages/{digest}.css');

async function ofControllers(service) {
  const routes = [];
  const files = filesBelow(CONTROLLERS[service], '.controller.ts');
  for (const file of files) {
    const module = await import(
      pathToFileURL(join(REPOSITORY, file.replace('/src/', '/dist/').replace(/\.ts$/, '.js'))).href
    );
    for (const controller of Object.values(module))
      if (typeof controller === 'function') routes.push(...ofController(controller, service));
  }
  return routes;
}

function ofController(controller, service) {
  // The framework's decorators leave it there.
  const { getMetadata: read } = /** @type {any} */ (Reflect);
  const base = read('path', controller);
  if (base === undefined) return [];
  return Object.entries(Object.getOwnPropertyDescriptors(controller.prototype)).flatMap(
    ([name, { value }]) => {
      const paths = name !== 'constructor' && typeof value === 'function' ? read('path', value) : undefined;
      if (paths === undefined) return [];
      const method = METHODS[read('method', value) ?? 0];
      return flat(paths).map((path) => ({ service, method, path: written(joined(base, path)) }));
    },
  );
}

/** `/mcp` and those below it go from the socket to the gateway, beside the framework. */
function ofGateway() {
  const names = [{ name: '{backend}' }];
  const file = parsed('apps/vmcp-proxy/src/edge/mcp-endpoint.controller.ts');
  let methods = [];
  visit(file, (node) => {
    if (ts.isVariableDeclaration(node) && node.name.getText() === 'METHODS')
      methods = textOf(node.initializer)?.split(', ') ?? [];
  });
  return mcpEndpoints('', names, [{ name: '{view}' }]).flatMap(({ place }) =>
    [...methods, 'OPTIONS'].map((method) => ({ service: 'vmcp-proxy', method, path: `/mcp${place}` })),
  );
}

/** The listener that every service has for operators. */
function ofInternalListener() {
  const paths = new Set();
  visit(parsed('libs/service-process/src/internal-server.ts'), (node) => {
    const text = textOf(node);
    if (text !== undefined && /^\/[a-z]+$/.test(text)) paths.add(text);
  });
  return [...paths].map((path) => ({ service: 'internal', method: 'GET', path }));
}

export async function routeSources() {
  const routes = [
    ...(await ofControllers('authorization-server')),
    ...(await ofControllers('vmcp-proxy')),
    ...ofGateway(),
    ...ofInternalListener(),
  ];
  return routes.sort((one, other) => keyOf(one).localeCompare(keyOf(other), 'en'));
}

export const keyOf = ({ service, method, path }) => `${service} ${path} ${method}`;
