import type { ServerResponse } from 'node:http';
import { sendJson, type StubRequest } from './http-stub.js';

interface Rpc {
  readonly id?: unknown;
  readonly method: string;
}

const MODERN = '2026-07-28';

/** Answers as an MCP server of an older revision, whose tools say whose token came. */
export function answerAsMcpServer(
  request: StubRequest,
  response: ServerResponse,
  login: string,
  tools: readonly string[] = ['whoami'],
): void {
  const message = JSON.parse(request.body) as Rpc;
  const reply = (body: object, status = 200): void => {
    sendJson(response, status, { jsonrpc: '2.0', id: message.id ?? null, ...body });
  };
  if (request.headers['mcp-protocol-version'] === MODERN)
    reply({ error: { code: -32_000, message: 'another revision' } }, 400);
  else if (message.id === undefined) response.writeHead(202).end();
  else reply(resultOf(message, login, tools));
}

function resultOf({ method }: Rpc, login: string, tools: readonly string[]): object {
  switch (method) {
    case 'initialize':
      return {
        result: {
          protocolVersion: '2025-11-25',
          capabilities: { tools: {} },
          serverInfo: { name: 'guarded', version: '1' },
        },
      };
    case 'tools/list':
      return { result: { tools: tools.map((name) => ({ name, inputSchema: { type: 'object' } })) } };
    case 'tools/call':
      return { result: { content: [{ type: 'text', text: login }], structuredContent: { subject: login } } };
    default:
      return { error: { code: -32_601, message: 'no such method' } };
  }
}
