import { McpServer, type RequestStateCodec } from '@modelcontextprotocol/server';
import { addAskingTools } from './asking-tools.js';
import { addContentTools, saying } from './content-tools.js';
import { addNotifyingTools, type Told } from './notifying-tools.js';
import { addPrompts, addResources } from './resources-and-prompts.js';
import { addRoundTripTools, type Round } from './round-trip-tools.js';

/** What the servers of one backend have in common: one is made for each modern request, and for each legacy session. */
export interface Shared {
  readonly told: Told;
  readonly states: RequestStateCodec<Round>;
  /** Tools that it did not have at first. */
  readonly gained: readonly string[];
}

export function addGained(mcp: McpServer, name: string): void {
  mcp.registerTool(name, { description: 'Was not there at first.' }, () => saying('It is there.'));
}

/** Everything that MCP has, under the names that the conformance suite asks for. */
export function everythingMcp({ told, states, gained }: Shared): McpServer {
  const mcp = new McpServer(
    { name: 'everything', version: '1.0.0' },
    {
      capabilities: {
        tools: { listChanged: true },
        prompts: { listChanged: true },
        resources: { subscribe: true, listChanged: true },
        completions: {},
        logging: {},
      },
      requestState: { verify: (state, context) => states.verify(state, context) },
    },
  );
  addContentTools(mcp);
  addNotifyingTools(mcp, told);
  addAskingTools(mcp);
  addRoundTripTools(mcp, states);
  addResources(mcp);
  addPrompts(mcp);
  for (const name of gained) addGained(mcp, name);
  return mcp;
}
