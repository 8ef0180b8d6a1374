import {
  inputRequired,
  inputResponse,
  type ElicitRequestFormParams,
  type InputRequest,
  type McpServer,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import { elicit, sample, SCHEMAS } from './asked.js';
import { saying } from './content-tools.js';

const KEY = 'asked';

/** Adds a tool that makes one request to the client's side and says what came back. */
function addAsking(mcp: McpServer, name: string, description: string, request: InputRequest): void {
  mcp.registerTool(name, { description }, ({ mcpReq }) => {
    const answer = inputResponse(mcpReq.inputResponses, KEY);
    return answer.kind === 'missing'
      ? inputRequired({ inputRequests: { [KEY]: request } })
      : saying(`It is answered: ${JSON.stringify(answer)}`);
  });
}

/** Tools with which earlier revisions ask the client in the middle of a call. */
export function addAskingTools(mcp: McpServer): void {
  mcp.registerTool(
    'test_sampling',
    { description: 'Asks the model what it is given.', inputSchema: z.object({ prompt: z.string() }) },
    ({ prompt }, { mcpReq }) => {
      const answer = inputResponse(mcpReq.inputResponses, KEY);
      return answer.kind === 'sampling'
        ? saying(`The model says: ${JSON.stringify(answer.result.content)}`)
        : inputRequired({ inputRequests: { [KEY]: sample(prompt) } });
    },
  );
  mcp.registerTool(
    'test_elicitation',
    { description: 'Asks the person what it is given.', inputSchema: z.object({ message: z.string() }) },
    ({ message }, { mcpReq }) => {
      const answer = inputResponse(mcpReq.inputResponses, KEY);
      const asked = z.object({ username: z.string(), email: z.string() });
      return answer.kind === 'elicit'
        ? saying(`The person answers: ${JSON.stringify(answer)}`)
        : inputRequired({ inputRequests: { [KEY]: elicit(message, asked) } });
    },
  );
  const form = { message: 'Please fill in the form.' };
  addAsking(
    mcp,
    'test_elicitation_sep1034_defaults',
    'Asks with a default for each kind of value.',
    inputRequired.elicit({ ...form, requestedSchema: DEFAULTS }),
  );
  addAsking(
    mcp,
    'test_elicitation_sep1330_enums',
    'Asks for choices of every kind.',
    inputRequired.elicit({ ...form, requestedSchema: CHOICES }),
  );
  addAsking(
    mcp,
    'test_streaming_elicitation',
    'Asks in the middle of a stream.',
    elicit('What is your name?', SCHEMAS.name),
  );
  addAsking(mcp, 'test_missing_capability', 'Needs a client with a model.', sample('Say something.'));
  addAsking(
    mcp,
    'ask_to_open',
    'Asks the person to open a page.',
    inputRequired.elicitUrl({ message: 'Please open the page.', url: 'https://page.example/open' }),
  );
}

type FormSchema = ElicitRequestFormParams['requestedSchema'];

const DEFAULTS: FormSchema = {
  type: 'object',
  properties: {
    name: { type: 'string', default: 'John Doe' },
    age: { type: 'integer', default: 30 },
    score: { type: 'number', default: 95.5 },
    status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
    verified: { type: 'boolean', default: true },
  },
  required: [],
};

const titled = (kind: string) =>
  ['First', 'Second', 'Third'].map((ordinal, index) => ({
    const: `value${index + 1}`,
    title: `${ordinal} ${kind}`,
  }));
const PLAIN = ['option1', 'option2', 'option3'];

const CHOICES: FormSchema = {
  type: 'object',
  properties: {
    untitledSingle: { type: 'string', enum: PLAIN },
    titledSingle: { type: 'string', oneOf: titled('option') },
    legacyEnum: {
      type: 'string',
      enum: ['opt1', 'opt2', 'opt3'],
      enumNames: ['Option one', 'Option two', 'Option three'],
    },
    untitledMulti: { type: 'array', items: { type: 'string', enum: PLAIN } },
    titledMulti: { type: 'array', items: { anyOf: titled('choice') } },
  },
  required: [],
};
