import {
  acceptedContent,
  completable,
  inputRequired,
  ResourceTemplate,
  type ContentBlock,
  type GetPromptResult,
  type McpServer,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import { elicit, SCHEMAS } from './asked.js';
import { PICTURE } from './small-media.js';

const TEXTS: Readonly<Record<string, string>> = {
  'test://static-text': 'What the text resource says.',
  'test://watched-resource': 'What may change one day.',
};

export function addResources(mcp: McpServer): void {
  for (const [uri, text] of Object.entries(TEXTS)) {
    const metadata = { description: `The text at ${uri}.`, mimeType: 'text/plain' };
    mcp.registerResource(uri.slice('test://'.length), uri, metadata, () => ({
      contents: [{ uri, mimeType: 'text/plain', text }],
    }));
  }
  const { data: blob, mimeType } = PICTURE;
  const uri = 'test://static-binary';
  mcp.registerResource('static-binary', uri, { description: 'A picture.', mimeType }, () => ({
    contents: [{ uri, mimeType, blob }],
  }));
  mcp.registerResource(
    'template',
    new ResourceTemplate('test://template/{id}/data', { list: undefined }),
    { description: 'The data of an id.', mimeType: 'application/json' },
    ({ href }, { id }) => ({
      contents: [
        { uri: href, mimeType: 'application/json', text: JSON.stringify({ id, templateTest: true }) },
      ],
    }),
  );
  mcp.server.setRequestHandler('resources/subscribe', () => ({}));
  mcp.server.setRequestHandler('resources/unsubscribe', () => ({}));
}

const messages = (...content: readonly ContentBlock[]): GetPromptResult => ({
  messages: content.map((block) => ({ role: 'user', content: block })),
});

export function addPrompts(mcp: McpServer): void {
  mcp.registerPrompt('test_simple_prompt', { description: 'A prompt without arguments.' }, () =>
    messages({ type: 'text', text: 'A prompt without arguments.' }),
  );
  const word = (description: string) =>
    completable(z.string().describe(description), (begun) =>
      ['paris', 'park', 'party'].filter((candidate) => candidate.startsWith(begun)),
    );
  mcp.registerPrompt(
    'test_prompt_with_arguments',
    {
      description: 'A prompt with two arguments.',
      argsSchema: z.object({ arg1: word('The first one'), arg2: word('The second one') }),
    },
    ({ arg1, arg2 }) => messages({ type: 'text', text: `The arguments are '${arg1}' and '${arg2}'.` }),
  );
  mcp.registerPrompt(
    'test_prompt_with_embedded_resource',
    { description: 'A prompt about a resource.', argsSchema: z.object({ resourceUri: z.string() }) },
    ({ resourceUri }) =>
      messages(
        {
          type: 'resource',
          resource: { uri: resourceUri, mimeType: 'text/plain', text: 'What the resource says.' },
        },
        { type: 'text', text: 'Please read the resource above.' },
      ),
  );
  mcp.registerPrompt('test_prompt_with_image', { description: 'A prompt about a picture.' }, () =>
    messages({ type: 'image', ...PICTURE }, { type: 'text', text: 'Please look at the picture above.' }),
  );
  mcp.registerPrompt(
    'test_input_required_result_prompt',
    { description: 'A prompt that asks first.' },
    ({ mcpReq }) => {
      const answer = acceptedContent(mcpReq.inputResponses, 'user_context', SCHEMAS.context);
      return answer === undefined
        ? inputRequired({ inputRequests: { user_context: elicit('Which context?', SCHEMAS.context) } })
        : messages({ type: 'text', text: `The context is ${answer.context}.` });
    },
  );
}
