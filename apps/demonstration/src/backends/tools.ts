import {
  ProtocolError,
  ProtocolErrorCode,
  type CallToolResult,
  type ServerContext,
  type Tool,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { Principal } from './principal.js';

/** The caller, the backend that was called, and credentials that should not have been sent. */
export interface Caller {
  readonly backend: string;
  readonly principal: Principal;
  readonly unexpected: readonly string[];
}

/** A tool as listed, and what it does. */
export interface BackendTool {
  readonly listing: Tool;
  readonly call: (
    args: unknown,
    caller: Caller,
    context: ServerContext,
  ) => Promise<CallToolResult> | CallToolResult;
}

interface ToolDescription<Shape extends z.ZodRawShape> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: Shape;
  readonly readOnly: boolean;
  readonly call: (
    args: z.infer<z.ZodObject<Shape>>,
    caller: Caller,
    context: ServerContext,
  ) => Promise<CallToolResult> | CallToolResult;
}

/** Makes a tool whose arguments are checked against the schema that it is listed with. */
export function defineTool<Shape extends z.ZodRawShape>(tool: ToolDescription<Shape>): BackendTool {
  const schema = z.object(tool.input);
  const inputSchema = plainJsonSchema(schema);
  return {
    listing: {
      name: tool.name,
      title: tool.title,
      description: tool.description,
      inputSchema,
      annotations: { readOnlyHint: tool.readOnly },
    },
    call: (args, caller, context) => {
      const parsed = schema.safeParse(args ?? {});
      if (!parsed.success)
        throw new ProtocolError(ProtocolErrorCode.InvalidParams, z.prettifyError(parsed.error));
      return tool.call(parsed.data, caller, context);
    },
  };
}

/** The schema as it goes over the wire: plain data, an object schema by construction. */
const plainJsonSchema = (schema: z.ZodObject): Tool['inputSchema'] =>
  JSON.parse(JSON.stringify(z.toJSONSchema(schema, { io: 'input' }))) as Tool['inputSchema'];

export const text = (value: string): CallToolResult => ({ content: [{ type: 'text', text: value }] });

/** The same data twice: structured, and as JSON text for clients that read text only. */
export const structured = (data: Record<string, unknown>): CallToolResult => ({
  content: [{ type: 'text', text: JSON.stringify(data) }],
  structuredContent: data,
});

const whoami = defineTool({
  name: 'whoami',
  title: 'Who am I',
  description:
    'Tells which credential reached this backend and whom it speaks for. Never the credential itself.',
  input: {},
  readOnly: true,
  call: (_args, { backend, principal, unexpected }) => structured({ backend, ...principal, unexpected }),
});

const echo = defineTool({
  name: 'echo',
  title: 'Echo',
  description: 'Answers the text that it is given.',
  input: { text: z.string().describe('What to say back') },
  readOnly: true,
  call: (args) => text(args.text),
});

/** What every backend offers. */
export const COMMON_TOOLS: readonly BackendTool[] = [whoami, echo];
