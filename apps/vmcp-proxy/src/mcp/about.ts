import { TASKS_EXTENSION, UI_EXTENSION } from './client-capabilities.js';
import { isObject, type JsonObject } from './message.js';

const DECLARED_LISTS = ['tools', 'prompts', 'resources'] as const;
/** Templates of resources are declared with resources. */
export type DeclaredList = (typeof DECLARED_LISTS)[number];

/** What a server says about itself in `initialize` or `server/discover`, as far as clients of the gateway hear of it. */
export interface About {
  readonly instructions?: string;
  /**
   * Which lists it declares. A server that has prompts or resources MUST say so (MCP, lifecycle, capability negotiation); absent: it
   * declares none at all, as some servers do that have them.
   */
  readonly declares?: readonly DeclaredList[];
  /** It has pages that show results of tools (MCP Apps). */
  readonly hasUi: boolean;
  /** Its tools can be called as tasks (MCP 2025-11-25). */
  readonly tasks?: { readonly canCancel: boolean };
  /** It may answer with a task (the extension of 2026-07-28). */
  readonly hasTasksExtension?: true;
}

export const NOTHING_SAID: About = { hasUi: false };

const MAX_INSTRUCTIONS_CHARACTERS = 16_384;

export function aboutIn({ instructions, capabilities }: JsonObject): About {
  const said = isObject(capabilities) ? capabilities : {};
  const extensions = isObject(said['extensions']) ? said['extensions'] : {};
  const tasks = tasksIn(said['tasks']);
  const declares = DECLARED_LISTS.filter((list) => isDeclared(said[list]));
  return {
    ...(typeof instructions === 'string' && instructions.trim() !== ''
      ? { instructions: instructions.slice(0, MAX_INSTRUCTIONS_CHARACTERS) }
      : {}),
    ...(declares.length === 0 ? {} : { declares }),
    hasUi: isObject(extensions[UI_EXTENSION]),
    ...(tasks === undefined ? {} : { tasks }),
    ...(isObject(extensions[TASKS_EXTENSION]) ? { hasTasksExtension: true } : {}),
  };
}

const isDeclared = (said: unknown): boolean => said !== undefined && said !== null && said !== false;

/** `tasks.requests.tools.call` says it; nothing else of a server can become a task for a client. */
function tasksIn(tasks: unknown): About['tasks'] {
  const requests = isObject(tasks) ? tasks['requests'] : undefined;
  const tools = isObject(requests) ? requests['tools'] : undefined;
  if (!isObject(tasks) || !isObject(tools) || !isObject(tools['call'])) return undefined;
  return { canCancel: isObject(tasks['cancel']) };
}
