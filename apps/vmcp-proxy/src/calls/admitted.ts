import type { Admission, Refusal } from '../authorization/admission.flow.js';
import type { Thing } from '../authorization/things.js';
import type { Route } from '../catalog/view.js';
import type { Call } from './call.js';
import type { CallTarget } from './call-target.js';

const ACTIONS = {
  tool: 'call_tool',
  prompt: 'get_prompt',
  resource: 'read_resource',
  task: 'call_tool',
} as const;

/** What a call would do at the end of a route. */
const thingOf = (
  { target, scope }: Pick<Call, 'target' | 'scope'>,
  { backend, original, definition, task }: Route,
): Thing => ({
  action: ACTIONS[target.kind === 'completion' ? target.of : target.kind],
  backend,
  original: task?.tool ?? original,
  ...(definition === undefined ? {} : { definition }),
  place: scope.place,
});

/** @returns why the call may not be made. @throws {RefusedJson} where its arguments decide, and are more than anybody reads. */
export const refusalOf = (
  admission: Admission,
  call: Call,
  route: Route,
  isCounted: boolean,
): Refusal | undefined | Promise<Refusal | undefined> =>
  admission.refusalOf({
    principal: call.principal,
    thing: thingOf(call, route),
    params: call.message.params,
    // With which arguments a task was begun, nobody knows any more.
    hasNoArguments: call.target.kind === 'completion' || call.target.kind === 'task',
    isStandIn: route.standsIn === true && route.definition !== undefined,
    isCounted,
    isAboutTask: call.target.kind === 'task',
  });

/** Where a name leads whose backend cannot be listed: as far as its prefix says it. */
export const supposedRoute = (backend: string, { name = '' }: CallTarget, prefix: string): Route => ({
  backend,
  original: name.startsWith(prefix) ? name.slice(prefix.length) : name,
  standsIn: true,
});
