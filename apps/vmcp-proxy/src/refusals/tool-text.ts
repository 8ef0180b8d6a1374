import type { JsonObject } from '../mcp/message.js';

/** A tool result that says what went wrong, for the model and its user to read. */
export const toolText = (text: string): JsonObject => ({ content: [{ type: 'text', text }], isError: true });
