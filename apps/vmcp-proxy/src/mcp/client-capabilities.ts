import { isObject, type JsonObject } from './message.js';

/** MCP Apps: tools whose results are shown by a page of their server (SEP-1865). */
export const UI_EXTENSION = 'io.modelcontextprotocol/ui';
/** A result may come later, by another request. */
export const TASKS_EXTENSION = 'io.modelcontextprotocol/tasks';
/** The one kind of page that the extension knows so far. */
const APP_TYPE = 'text/html;profile=mcp-app';

/** What of a client's capabilities is said to backends on its behalf, in one spelling. */
export interface Declared {
  readonly capabilities: JsonObject;
  /** The same for a backend of 2026-07-28, which may answer with a task where clients follow it. Sessions have tasks of their own. */
  readonly inRequests: JsonObject;
  /** The same for each two that declare the same; '' for nothing. Whatever clients write, there are no more than 240. */
  readonly key: string;
  /** Whether a server may ask it something. */
  readonly canBeAsked: boolean;
}

export const NOTHING_DECLARED: Declared = {
  capabilities: {},
  inRequests: {},
  key: '',
  canBeAsked: false,
};

/** Whether the client of a request follows tasks (the extension of MCP 2026-07-28). */
export const followsTasks = ({ extensions }: JsonObject): boolean =>
  isObject(extensions) && isObject(extensions[TASKS_EXTENSION]);

/** What a server may ask of a client. */
const ASKABLE = ['elicitation', 'sampling', 'roots'] as const;

/** Whether a server may ask something of a client with these. */
export const mayBeAsked = (capabilities: JsonObject): boolean =>
  ASKABLE.some((name) => isObject(capabilities[name]));

/** What a client can do for servers, as it says it; only this much of its capabilities is told to backends. */
export function promisable(capabilities: JsonObject): JsonObject {
  const { extensions } = capabilities;
  const ui = isObject(extensions) ? extensions[UI_EXTENSION] : undefined;
  return {
    ...Object.fromEntries(
      ASKABLE.flatMap((name) => (isObject(capabilities[name]) ? [[name, capabilities[name]]] : [])),
    ),
    ...(isObject(ui) ? { extensions: { [UI_EXTENSION]: ui } } : {}),
  };
}

/** The same in one spelling: what a result can ask for (MCP 2026-07-28, multi round-trip requests), and no more. */
export function declaredIn({ elicitation, sampling, roots, extensions }: JsonObject): Declared {
  // Most declare nothing, and each call looks twice.
  if (elicitation === undefined && sampling === undefined && roots === undefined && extensions === undefined)
    return NOTHING_DECLARED;
  const capabilities: Record<string, JsonObject> = {};
  if (isObject(elicitation)) {
    // An empty capability means forms (MCP 2025-11-25, elicitation).
    const forms = 'form' in elicitation || !('url' in elicitation) ? { form: {} } : {};
    capabilities['elicitation'] = { ...forms, ...('url' in elicitation ? { url: {} } : {}) };
  }
  if (isObject(sampling))
    capabilities['sampling'] = {
      ...(isObject(sampling['context']) ? { context: {} } : {}),
      ...(isObject(sampling['tools']) ? { tools: {} } : {}),
    };
  // Nobody would tell the backend that they changed.
  if (isObject(roots)) capabilities['roots'] = {};
  const names = Object.entries(capabilities).map(([name, modes]) => [name, ...Object.keys(modes)].join('.'));
  const canBeAsked = names.length > 0;
  const ui = isObject(extensions) ? extensions[UI_EXTENSION] : undefined;
  if (isObject(ui)) {
    const types = ui['mimeTypes'];
    const showsApps = Array.isArray(types) && types.includes(APP_TYPE);
    capabilities['extensions'] = { [UI_EXTENSION]: showsApps ? { mimeTypes: [APP_TYPE] } : {} };
    names.push(showsApps ? 'ui.app' : 'ui');
  }
  const hasTasks = followsTasks({ extensions });
  if (hasTasks) names.push('tasks');
  if (names.length === 0) return NOTHING_DECLARED;
  const inRequests = hasTasks
    ? { ...capabilities, extensions: { ...capabilities['extensions'], [TASKS_EXTENSION]: {} } }
    : capabilities;
  return { capabilities, inRequests, key: `modern ${names.join(' ')}`, canBeAsked };
}

const ofSessions = new WeakMap<JsonObject, Declared>();

/** The same for capabilities that are kept: a client of a session says them once. */
export function declaredInSession(capabilities: JsonObject): Declared {
  const known = ofSessions.get(capabilities);
  if (known !== undefined) return known;
  const declared = declaredIn(capabilities);
  ofSessions.set(capabilities, declared);
  return declared;
}
