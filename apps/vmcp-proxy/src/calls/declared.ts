import { isObject, type JsonObject } from '../mcp/message.js';

/** What a server asks of a client, as far as it decides whether the client said that it can do it. */
export interface Asked {
  readonly method: string;
  /** Of `elicitation/create`; left out: a form. */
  readonly mode: unknown;
  /** Of `sampling/createMessage`: the model may use tools. */
  readonly usesTools: boolean;
}

/** Whether a client with these capabilities may be asked that (MCP, client features). */
export function isDeclared({ method, mode, usesTools }: Asked, capabilities: JsonObject): boolean {
  const { elicitation, sampling, roots } = capabilities;
  switch (method) {
    case 'elicitation/create':
      return isObject(elicitation) && canElicit(mode ?? 'form', elicitation);
    case 'sampling/createMessage':
      return isObject(sampling) && (!usesTools || isObject(sampling['tools']));
    case 'roots/list':
      return isObject(roots);
    default:
      return false;
  }
}

/** An empty capability means forms (MCP 2025-11-25, elicitation). */
function canElicit(mode: unknown, elicitation: JsonObject): boolean {
  if (mode === 'form') return 'form' in elicitation || !('url' in elicitation);
  return mode === 'url' && 'url' in elicitation;
}

/** Whether everything that an `input_required` result asks for was declared (MCP 2026-07-28, multi round-trip requests). */
export const allDeclared = (inputRequests: unknown, capabilities: JsonObject): boolean =>
  isObject(inputRequests) &&
  Object.values(inputRequests).every((request) => {
    if (!isObject(request) || typeof request['method'] !== 'string') return false;
    const { method, params } = request;
    const { mode, tools, toolChoice } = isObject(params) ? params : {};
    const usesTools = tools !== undefined || toolChoice !== undefined;
    return isDeclared({ method, mode, usesTools }, capabilities);
  });
