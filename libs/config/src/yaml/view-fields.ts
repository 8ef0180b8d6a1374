import { block, list, text } from './fields.js';

const chosen = (things: string, name: string) =>
  block(`Which ${things} of these backends it shows. What \`aggregation\` hides stays hidden.`, {
    include: list(
      text('viewPattern', `\`<backend>/<${name}>\``),
      `The only ${things} that are shown, by the ${name} that the backend gives. \`*\` stands for any characters, or for every backend of the view.`,
      { derived: 'all of them' },
    ).exactOptional(),
    exclude: list(
      text('viewPattern', `\`<backend>/<${name}>\``),
      'What is not shown, also where `include` has it.',
    ).default([]),
  }).prefault({});

/** Chosen sets of backends and tools, each at an endpoint of its own. */
export const views = list(
  block('A chosen set of backends and tools for one team or agent.', {
    name: text(
      'dnsLabel',
      'Its MCP endpoint is `<publicUrl>/mcp/views/<name>`, which is also the only audience of tokens for it.',
    ),
    backends: list(text('identifier', 'Backend.'), 'The backends that it shows; at least one.'),
    tools: chosen('tools', 'name'),
    prompts: chosen('prompts', 'name'),
    resources: chosen('resources and resource templates', 'URI'),
  }),
  'Named views: `<publicUrl>/mcp/views/<name>`. Names in a view are made as in `aggregation`, among its own backends. Beside them, `<publicUrl>/mcp/<backend>` shows one backend alone, without a prefix. Each is a protected resource of its own: a token for one is refused at every other.',
).default([]);
