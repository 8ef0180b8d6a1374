import type { McpServer, ServerContext } from '@modelcontextprotocol/server';
import { saying } from './content-tools.js';

const STEPS = [0, 50, 100];

/** Who hears of more than results: of changed lists, and of calls that wait to be cancelled. */
export interface Told {
  changed(list: 'tools' | 'prompts'): void;
  waits(): void;
  cancelled(): void;
}

/** The library keeps what the client did not ask for. */
async function log(context: ServerContext, text: string): Promise<void> {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- clients of every revision ask for it
  await context.mcpReq.log('info', text, 'everything');
}

export function addNotifyingTools(mcp: McpServer, told: Told): void {
  mcp.registerTool('test_tool_with_progress', { description: 'Tells of its progress.' }, async (context) => {
    const progressToken = context.mcpReq._meta?.progressToken;
    if (progressToken !== undefined)
      for (const progress of STEPS)
        await context.mcpReq.notify({
          method: 'notifications/progress',
          params: { progressToken, progress, total: 100 },
        });
    return saying('All steps are done.');
  });
  for (const name of ['test_tool_with_logging', 'test_logging_tool'])
    mcp.registerTool(name, { description: 'Writes log messages.' }, async (context) => {
      for (const line of ['It begins.', 'It goes on.', 'It ends.']) await log(context, line);
      return saying('Three messages were written.');
    });
  mcp.registerTool(
    'test_reconnection',
    { description: 'Closes its stream; the result is for who comes back (SEP-1699).' },
    (context) => {
      context.http?.closeSSE?.();
      return saying('It was worth coming back.');
    },
  );
  mcp.registerTool('test_trigger_tool_change', { description: 'Says that the tools have changed.' }, () => {
    told.changed('tools');
    return saying('It is told.');
  });
  mcp.registerTool(
    'test_trigger_prompt_change',
    { description: 'Says that the prompts have changed.' },
    () => {
      told.changed('prompts');
      return saying('It is told.');
    },
  );
  mcp.registerTool(
    'wait_until_cancelled',
    { description: 'Ends when its caller gives up, and not before.' },
    async (context) => {
      const { signal } = context.mcpReq;
      told.waits();
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        else signal.addEventListener('abort', () => resolve(), { once: true });
      });
      told.cancelled();
      return saying('It was cancelled.');
    },
  );
}
