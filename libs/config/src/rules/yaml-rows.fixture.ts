/** A document that is no YAML, or not one document. */
interface YamlRow {
  readonly refused: string;
  readonly text: (right: string) => string;
  /** Absent: it is about the document as a whole. */
  readonly line?: number;
  readonly message: RegExp;
}

/** Wrong as YAML. */
export const YAML_ROWS: readonly YamlRow[] = [
  { refused: 'an empty document', text: () => '', message: /empty|must hold fields/ },
  { refused: 'a document of comments', text: () => '# nothing\n', message: /empty|must hold fields/ },
  { refused: 'a list', text: () => '- name: acme\n', message: /must hold fields/ },
  { refused: 'a text', text: () => 'acme\n', message: /must hold fields/ },
  { refused: 'two documents', text: (right) => `${right}---\n${right}`, message: /several YAML documents/ },
  {
    refused: 'a tab that indents',
    text: () => 'name: acme\nvault:\n\tkeyEncryptionKeys: []\n',
    line: 3,
    message: /not valid YAML/,
  },
  {
    refused: 'a field that is written twice',
    text: (right) => `name: acme\n${right}`,
    line: 2,
    message: /not valid YAML.*unique/,
  },
  {
    refused: 'a quote that does not end',
    text: () => 'name: acme\npublicUrl: "https://mcp.acme.example\n',
    line: 3,
    message: /not valid YAML/,
  },
  {
    refused: 'a bracket that does not close',
    text: () => 'name: acme\nnats: { servers: [nats://nats:4222 }\n',
    line: 2,
    message: /not valid YAML/,
  },
  { refused: 'an unknown tag', text: () => 'name: !secret acme\n', line: 1, message: /not valid YAML/ },
  { refused: 'an alias of nothing', text: () => 'name: *acme\n', message: /alias/i },
  {
    refused: 'aliases that grow without bound',
    text: () =>
      `a: &a [x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b]\nd: [*c, *c, *c, *c, *c, *c, *c, *c]\n`,
    message: /too many/,
  },
  {
    refused: 'wrong indentation',
    text: () => 'name: acme\n  publicUrl: https://mcp.acme.example\n',
    line: 1,
    message: /not valid YAML/,
  },
  { refused: 'more than a person writes', text: () => `# ${'x'.repeat(1024 * 1024)}`, message: /too large/ },
  {
    refused: 'JSON with a comma too many',
    text: () => '{ "name": "acme",, }',
    line: 1,
    message: /not valid YAML/,
  },
];
