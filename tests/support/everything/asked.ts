import { inputRequired, type InputRequest } from '@modelcontextprotocol/server';
import { z } from 'zod';

/*
 * Requests that tools and prompts make to the client's side. They are written once: 2026-07-28 has them in a result
 * (multi round-trip requests), and for earlier revisions the library sends them and waits.
 */
const name = z.object({ name: z.string() });
const ok = z.object({ ok: z.boolean() });
const color = z.object({ color: z.string() });
const context = z.object({ context: z.string() });

export const SCHEMAS = { name, ok, color, context } as const;

export const elicit = (message: string, requestedSchema: z.ZodObject): InputRequest =>
  inputRequired.elicit({ message, requestedSchema });

export const sample = (text: string): InputRequest =>
  inputRequired.createMessage({
    messages: [{ role: 'user', content: { type: 'text', text } }],
    maxTokens: 100,
  });
