import { fromJsonSchema, type ContentBlock, type McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { PICTURE, SOUND } from './small-media.js';

interface ContentTool {
  readonly description: string;
  readonly content: readonly ContentBlock[];
}

export const saying = (text: string): { content: ContentBlock[] } => ({ content: [{ type: 'text', text }] });

const MIXED = { uri: 'test://mixed-content-resource', mimeType: 'application/json', text: '{"test":true}' };

/** Tools that always give the same: one for each kind of content. */
const TOOLS: Readonly<Record<string, ContentTool>> = {
  test_simple_text: {
    description: 'Gives one line of text.',
    content: [{ type: 'text', text: 'One line of text.' }],
  },
  test_image_content: { description: 'Gives a picture.', content: [{ type: 'image', ...PICTURE }] },
  test_audio_content: { description: 'Gives a sound.', content: [{ type: 'audio', ...SOUND }] },
  test_embedded_resource: {
    description: 'Gives a resource inside of its result.',
    content: [
      {
        type: 'resource',
        resource: {
          uri: 'test://embedded-resource',
          mimeType: 'text/plain',
          text: 'What the resource says.',
        },
      },
    ],
  },
  test_multiple_content_types: {
    description: 'Gives a text, a picture and a resource.',
    content: [
      { type: 'text', text: 'Three kinds:' },
      { type: 'image', ...PICTURE },
      { type: 'resource', resource: MIXED },
    ],
  },
};

export function addContentTools(mcp: McpServer): void {
  for (const [name, { description, content }] of Object.entries(TOOLS))
    mcp.registerTool(name, { description }, () => ({ content: [...content] }));
  mcp.registerTool('test_error_handling', { description: 'Fails, always.' }, () => ({
    ...saying('This tool always fails.'),
    isError: true,
  }));
  mcp.registerTool(
    'json_schema_2020_12_tool',
    {
      description: 'Its schema uses much of what JSON Schema 2020-12 has.',
      inputSchema: fromJsonSchema(ADDRESS_OR_PHONE),
    },
    () => saying('The arguments fit.'),
  );
  mcp.registerTool(
    'test_x_mcp_header',
    {
      description: 'One argument is mirrored in a header (SEP-2243).',
      inputSchema: z.object({ region: z.string().meta({ 'x-mcp-header': 'Region' }) }),
    },
    ({ region }) => saying(`The region is ${region}.`),
  );
}

/** Keywords that a gateway could lose: a dialect, definitions, an anchor, composition, conditions. */
const ADDRESS_OR_PHONE: Parameters<typeof fromJsonSchema>[0] = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: { address: { $anchor: 'addressDef', type: 'object', properties: { city: { type: 'string' } } } },
  properties: {
    address: { $ref: '#/$defs/address' },
    contactMethod: { type: 'string', enum: ['phone', 'email'] },
    phone: { type: 'string' },
    email: { type: 'string' },
  },
  allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
  if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
  then: { required: ['phone'] },
  else: { required: ['email'] },
  additionalProperties: false,
};
