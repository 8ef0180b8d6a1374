import type { Route, View } from '../catalog/view.js';
import type { Json } from '../edge/raw-json.js';
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
      return found(params.get('name'), (name) => view.tool(name));
    case 'prompts/get':
      return found(params.get('name'), (name) => view.prompt(name));
    case 'resources/read':
      return found(params.get('uri'), (uri) => view.resource(uri));
    case 'completion/complete': {
      const ref = params.get('ref')?.object();
      return ref?.get('type')?.text() === 'ref/resource'
        ? found(ref.get('uri'), (uri) => view.template(uri) ?? view.resource(uri))
        : found(ref?.get('name'), (name) => view.prompt(name));
    }
    default:
      return undefined;
  }
}

function found(given: Json | undefined, look: (value: string) => Route | undefined): Route | undefined {
  const value = given?.text();
  return value === undefined ? undefined : look(value);
}

/** What a call of the method is about. */
export function thingOf(method: string): 'tool' | 'prompt' | 'resource' {
  if (method === 'tools/call') return 'tool';
  return method === 'resources/read' ? 'resource' : 'prompt';
}
