import type { Route, View } from '../catalog/view.js';
import type { CallTarget } from './call-target.js';

/** Where a call leads in what its principal can see. */
export function routeOf({ kind, name, isCompletion }: CallTarget, view: View): Route | undefined {
  if (name === undefined) return undefined;
  switch (kind) {
    case 'tool':
      return view.tool(name);
    case 'prompt':
      return view.prompt(name);
    case 'resource':
      return (isCompletion ? view.template(name) : undefined) ?? view.resource(name);
  }
}
