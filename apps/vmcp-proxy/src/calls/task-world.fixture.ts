import {
  InMemoryTaskMessageQueue,
  InMemoryTaskStore,
} from '@modelcontextprotocol/sdk/experimental/tasks/stores/in-memory.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { ElicitResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { startTestNats } from '@gatehouse/testing/nats';
import { z } from 'zod';
import { startBackend, type TestBackend } from '../backend.fixture.js';
import type { JsonObject } from '../mcp/message.js';
import { startProxy, type ProxySetup, type TestProxy } from '../proxy.fixture.js';
import { startSdkServer } from './sdk-server.fixture.js';

export const TASKS_EXTENSION = 'io.modelcontextprotocol/tasks';

/** The proxy before a server of the reference SDK with tasks, one of 2026-07-28 with the extension, and one without any. */
export interface TaskWorld {
  readonly proxy: TestProxy;
  readonly modernBackend: TestBackend;
  readonly plainBackend: TestBackend;
  /** Ids of the tasks that the server of the SDK has made. */
  readonly made: readonly string[];
  /** Lets tasks of `wait` come to their end. */
  finish(): void;
  close(): Promise<void>;
}

const INPUT = { said: z.string() };
const text = (said: string) => ({ content: [{ type: 'text' as const, text: said }] });

/** A server with tasks of MCP 2025-11-25. What it keeps of tasks belongs to one session. */
function sdkServer(made: string[], finished: () => Promise<void>): McpServer {
  const taskStore = new InMemoryTaskStore();
  const server = new McpServer(
    { name: 'tasks', version: '1' },
    {
      capabilities: { tasks: { list: {}, cancel: {}, requests: { tools: { call: {} } } } },
      taskStore,
      taskMessageQueue: new InMemoryTaskMessageQueue(),
    },
  );
  server.registerTool('plain', {}, () => text('at once'));
  for (const [name, taskSupport] of [
    ['wait', 'required'],
    ['may_wait', 'optional'],
  ] as const)
    server.experimental.tasks.registerToolTask(
      name,
      { inputSchema: INPUT, execution: { taskSupport } },
      {
        createTask: async ({ said }, extra) => {
          const task = await extra.taskStore.createTask({ ttl: 60_000, pollInterval: 20 });
          made.push(task.taskId);
          void finished()
            .then(() => extra.taskStore.storeTaskResult(task.taskId, 'completed', text(`waited: ${said}`)))
            .catch(() => undefined);
          return { task };
        },
        getTask: async (_args, extra) => await extra.taskStore.getTask(extra.taskId),
        getTaskResult: async (_args, extra) =>
          (await extra.taskStore.getTaskResult(extra.taskId)) as ReturnType<typeof text>,
      },
    );
  addAsking(server, made);
  return server;
}

/** A task that asks its user. */
function addAsking(server: McpServer, made: string[]): void {
  server.experimental.tasks.registerToolTask(
    'ask',
    { inputSchema: INPUT, execution: { taskSupport: 'required' } },
    {
      createTask: async ({ said }, extra) => {
        const task = await extra.taskStore.createTask({ ttl: 60_000, pollInterval: 20 });
        made.push(task.taskId);
        const asking = server.server.request(
          {
            method: 'elicitation/create',
            params: {
              message: said,
              requestedSchema: { type: 'object', properties: { name: { type: 'string' } } },
            },
          },
          ElicitResultSchema,
          { relatedTask: { taskId: task.taskId } },
        );
        await extra.taskStore.updateTaskStatus(task.taskId, 'input_required');
        void asking
          .then((answer) =>
            extra.taskStore.storeTaskResult(
              task.taskId,
              'completed',
              text(`asked: ${JSON.stringify(answer.content)}`),
            ),
          )
          .catch(() => undefined);
        return { task };
      },
      getTask: async (_args, extra) => await extra.taskStore.getTask(extra.taskId),
      getTaskResult: async (_args, extra) =>
        (await extra.taskStore.getTaskResult(extra.taskId)) as ReturnType<typeof text>,
    },
  );
}

const TOOL = { inputSchema: { type: 'object' } };

export async function startTaskWorld(
  setup: Pick<ProxySetup, 'callPolicies' | 'rateLimiting' | 'telemetry' | 'log'> = {},
): Promise<TaskWorld> {
  const nats = await startTestNats();
  const made: string[] = [];
  const waiting: (() => void)[] = [];
  const sdk = await startSdkServer(() =>
    sdkServer(made, async () => {
      await new Promise<void>((resolve) => waiting.push(resolve));
    }),
  );
  const modernBackend = await startBackend({
    kind: 'modern',
    tools: [{ name: 'job', ...TOOL }],
    about: { capabilities: { extensions: { [TASKS_EXTENSION]: {} } } },
  });
  const plainBackend = await startBackend({
    kind: 'sessions',
    tools: [{ name: 'echo', ...TOOL, execution: { taskSupport: 'optional' } }],
  });
  const proxy = await startProxy({
    ...setup,
    nats,
    backends: [
      { name: 'sdk', url: sdk.url, timeoutMs: 120_000 },
      { name: 'modern', url: modernBackend.url, timeoutMs: 120_000 },
      { name: 'plain', url: plainBackend.url, timeoutMs: 120_000 },
    ],
  });
  return {
    proxy,
    modernBackend,
    plainBackend,
    made,
    finish: () => {
      for (const resolve of waiting.splice(0)) resolve();
    },
    async close() {
      await proxy.close();
      sdk.close();
      await Promise.all([modernBackend.close(), plainBackend.close()]);
      await nats.close();
    },
  };
}

export const taskIdIn = (result: JsonObject | undefined): string => {
  const task = result?.['task'] ?? result;
  return String((task as JsonObject | undefined)?.['taskId']);
};
