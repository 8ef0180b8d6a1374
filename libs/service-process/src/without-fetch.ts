/** Each is a getter of `node:http` that loads Node's own `fetch`. */
const LOADING = ['WebSocket', 'CloseEvent', 'MessageEvent'];

/**
 * A module that imports `node:http` gets all of its members, and Node reads each of them then: three load `fetch` and what belongs to it, 2 MiB
 * of each idle process, and no service asks for them (docs/speed.md). Has to run before anything that imports `node:http` is loaded, so before
 * its importer's other modules are: they are loaded late.
 */
export function leaveFetchOut(): void {
  const http = process.getBuiltinModule('node:http');
  for (const name of LOADING) Reflect.deleteProperty(http, name);
}
