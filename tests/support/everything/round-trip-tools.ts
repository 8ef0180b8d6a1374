import {
  acceptedContent,
  inputRequired,
  inputResponse,
  type McpServer,
  type RequestStateCodec,
} from '@modelcontextprotocol/server';
import { elicit, sample, SCHEMAS } from './asked.js';
import { saying } from './content-tools.js';

/** What a round leaves for the next one; the library signs it. */
export interface Round {
  readonly round: number;
}
type States = RequestStateCodec<Round>;

/** Tools of multi round-trip requests (MCP 2026-07-28): each asks, and is called again with the answers. */
export function addRoundTripTools(mcp: McpServer, states: States): void {
  addSingleQuestions(mcp);
  for (const name of ['request_state', 'tampered_state']) addConfirmation(mcp, states, name);
  addManyQuestions(mcp, states);
  addTwoRounds(mcp, states);
  addWhatTheClientCan(mcp);
}

const toolName = (suffix: string): string => `test_input_required_result_${suffix}`;

function addSingleQuestions(mcp: McpServer): void {
  mcp.registerTool(toolName('elicitation'), { description: 'Asks for a name.' }, ({ mcpReq }) => {
    const answer = acceptedContent(mcpReq.inputResponses, 'user_name', SCHEMAS.name);
    return answer === undefined
      ? inputRequired({ inputRequests: { user_name: elicit('What is your name?', SCHEMAS.name) } })
      : saying(`Hello, ${answer.name}!`);
  });
  mcp.registerTool(toolName('sampling'), { description: 'Asks the model.' }, ({ mcpReq }) => {
    const answer = inputResponse(mcpReq.inputResponses, 'capital_question');
    return answer.kind === 'sampling'
      ? saying(`The model says: ${JSON.stringify(answer.result.content)}`)
      : inputRequired({
          inputRequests: { capital_question: sample('Which city is the capital of France?') },
        });
  });
  mcp.registerTool(toolName('list_roots'), { description: 'Asks for the roots.' }, ({ mcpReq }) => {
    const answer = inputResponse(mcpReq.inputResponses, 'client_roots');
    return answer.kind === 'roots'
      ? saying(`The roots are ${answer.roots.map(({ uri }) => uri).join(', ')}.`)
      : inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } });
  });
}

function addConfirmation(mcp: McpServer, states: States, suffix: string): void {
  mcp.registerTool(
    toolName(suffix),
    { description: 'Asks, and keeps a signed state meanwhile.' },
    async (context) => {
      const { inputResponses, requestState } = context.mcpReq;
      const answer = acceptedContent(inputResponses, 'confirm', SCHEMAS.ok);
      if (answer !== undefined && requestState<Round>()?.round === 1) return saying('state-ok');
      return inputRequired({
        inputRequests: { confirm: elicit('Please confirm.', SCHEMAS.ok) },
        requestState: await states.mint({ round: 1 }, context),
      });
    },
  );
}

function addManyQuestions(mcp: McpServer, states: States): void {
  mcp.registerTool(
    toolName('multiple_inputs'),
    { description: 'Asks three things at once.' },
    async (context) => {
      const { inputResponses } = context.mcpReq;
      const kinds = ['user_name', 'greeting', 'client_roots'].map(
        (key) => inputResponse(inputResponses, key).kind,
      );
      if (kinds.join() === 'elicit,sampling,roots') return saying('All three are answered.');
      return inputRequired({
        inputRequests: {
          user_name: elicit('What is your name?', SCHEMAS.name),
          greeting: sample('Write a greeting.'),
          client_roots: inputRequired.listRoots(),
        },
        requestState: await states.mint({ round: 1 }, context),
      });
    },
  );
}

function addTwoRounds(mcp: McpServer, states: States): void {
  mcp.registerTool(
    toolName('multi_round'),
    { description: 'Asks a second time after the first answer.' },
    async (context) => {
      const { inputResponses, requestState } = context.mcpReq;
      const { round } = requestState<Round>() ?? { round: 0 };
      if (round === 2 && acceptedContent(inputResponses, 'step2', SCHEMAS.color) !== undefined)
        return saying('Both are answered.');
      const isSecond = round === 1 && acceptedContent(inputResponses, 'step1', SCHEMAS.name) !== undefined;
      return inputRequired({
        inputRequests: isSecond
          ? { step2: elicit('Second: which colour do you like?', SCHEMAS.color) }
          : { step1: elicit('First: what is your name?', SCHEMAS.name) },
        requestState: await states.mint({ round: isSecond ? 2 : 1 }, context),
      });
    },
  );
}

function addWhatTheClientCan(mcp: McpServer): void {
  mcp.registerTool(
    toolName('capabilities'),
    { description: 'Asks what the client can answer, and nothing else.' },
    ({ mcpReq }) => {
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- the one accessor that both eras have
      const can = mcp.server.getClientCapabilities();
      if (Object.keys(mcpReq.inputResponses ?? {}).length > 0) return saying('It is answered.');
      const inputRequests = {
        ...(can?.sampling === undefined ? {} : { model: sample('Say something.') }),
        ...(can?.elicitation === undefined ? {} : { person: elicit('What is your name?', SCHEMAS.name) }),
      };
      return Object.keys(inputRequests).length === 0
        ? saying('The client can answer nothing.')
        : inputRequired({ inputRequests });
    },
  );
}
