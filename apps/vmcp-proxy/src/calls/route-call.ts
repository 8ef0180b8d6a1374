import type { Route, View } from '../catalog/view.js';
import { isObject } from '../edge/message.js';
import type { Call } from './call.js';

/** Methods that one backend answers. */
export const CALL_METHODS: ReadonlySet<string> = new Set([
  'tools/call',
  'prompts/get',
  'resources/read',
  'completion/complete',
]);

/** Where the call leads in what its principal can see. */
export function routeOf({ message: { method, params } }: Call, view: View): Route | undefined {
  switch (method) {
    case 'tools/call':
      return found(params['name'], (name) => view.tool(name));
    case 'prompts/get':
      return found(params['name'], (name) => view.prompt(name));
    case 'resources/read':
      return found(params['uri'], (uri) => view.resource(uri));
    case 'completion/complete': {
      const ref = params['ref'];
      if (!isObject(ref)) return undefined;
      return ref['type'] === 'ref/resource'
        ? found(ref['uri'], (uri) => view.template(uri) ?? view.resource(uri))
        : found(ref['name'], (name) => view.prompt(name));
    }
    default:
      return undefined;
  }
}

const found = (given: unknown, look: (value: string) => Route | undefined): Route | undefined =>
  typeof given === 'string' ? look(given) : undefined;

/** What a call of the method is about. */
export function thingOf(method: string): 'tool' | 'prompt' | 'resource' {
  if (method === 'tools/call') return 'tool';
  return method === 'resources/read' ? 'resource' : 'prompt';
}
