import { UI_EXTENSION } from './client-capabilities.js';
import { isObject, type JsonObject } from './message.js';

/** What a server says about itself in `initialize` or `server/discover`, as far as clients of the gateway hear of it. */
export interface About {
  readonly instructions?: string;
  /** It has pages that show results of tools (MCP Apps). */
  readonly hasUi: boolean;
}

export const NOTHING_SAID: About = { hasUi: false };

const MAX_INSTRUCTIONS_CHARACTERS = 16_384;

export function aboutIn({ instructions, capabilities }: JsonObject): About {
  const extensions = isObject(capabilities) ? capabilities['extensions'] : undefined;
  const hasUi = isObject(extensions) && isObject(extensions[UI_EXTENSION]);
  return typeof instructions === 'string' && instructions.trim() !== ''
    ? { instructions: instructions.slice(0, MAX_INSTRUCTIONS_CHARACTERS), hasUi }
    : { hasUi };
}
