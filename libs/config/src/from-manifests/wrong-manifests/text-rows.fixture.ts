/** What only a text can say: changes of the right manifests that leave them no YAML, or another one than was meant. */
interface TextRow {
  readonly refused: string;
  readonly text: (right: string) => string;
  readonly path: string;
  readonly line: number | undefined;
  readonly message: string;
}

const replaced =
  (what: string, by: string) =>
  (right: string): string =>
    right.replace(what, by);

const behind =
  (more: string) =>
  (right: string): string =>
    `${right}---\n${more}`;

const yaml = (
  refused: string,
  text: (right: string) => string,
  line: number | undefined,
  message: string,
): TextRow => ({ refused, text, path: '', line, message });

const NO_YAML = 'This is not valid YAML: ';
const ALIASES = 'The document has too many or unresolved YAML aliases.';
const LIST_ITEM = `apiVersion: v1
kind: List
items:
  - apiVersion: toolhive.stacklok.dev/v1beta1
    kind: MCPServerEntry
    metadata:
      name: more
      namespace: tools
    spec:
      groupRef:
        name: engineering
      remoteUrl: ftp://more.example/mcp
      transport: sse
`;
const MANY_ALIASES = ['a: &a [x, x, x, x, x, x, x, x, x, x]', ...'bcd'.split('').map(tenTimes)].join('\n');

function tenTimes(name: string): string {
  const before = String.fromCharCode(name.charCodeAt(0) - 1);
  return `${name}: &${name} [${Array.from({ length: 10 }, () => `*${before}`).join(', ')}]`;
}

export const TEXT_ROWS: readonly TextRow[] = [
  yaml(
    'a key twice',
    replaced('  type: inline\n', '  type: inline\n  type: inline\n'),
    14,
    `${NO_YAML}Map keys must be unique`,
  ),
  yaml(
    'a bracket that is not closed',
    replaced('kind: MCPGroup\n', 'kind: [MCPGroup\n'),
    3,
    `${NO_YAML}Flow sequence in block collection must be sufficiently indented and end with a ]`,
  ),
  yaml(
    'a quote that is not closed',
    replaced('name: engineering', 'name: "engineering'),
    147,
    `${NO_YAML}Missing closing "quote`,
  ),
  yaml(
    'a tag that another tool resolves',
    replaced('image: repos', 'image: !include repos'),
    64,
    `${NO_YAML}Unresolved tag: !include`,
  ),
  yaml(
    'a colon that is missing',
    replaced('image: repos', 'image repos'),
    64,
    `${NO_YAML}Implicit keys need to be on a single line`,
  ),
  yaml('an alias of nothing', replaced('image: repos', 'image: *nowhere'), undefined, ALIASES),
  yaml('aliases that would fill the memory', behind(`${MANY_ALIASES}\n`), undefined, ALIASES),
  yaml(
    'a document that is a text',
    behind('just a text\n'),
    148,
    'Expected the fields of an object, or of gatehouse.yaml.',
  ),
  yaml(
    'a document that is a list',
    behind('- a\n- b\n'),
    148,
    'Expected the fields of an object, or of gatehouse.yaml.',
  ),
  yaml(
    'an object without apiVersion',
    behind('kind: MCPServerEntry\nmetadata:\n  name: more\n'),
    148,
    'This object has no apiVersion.',
  ),
  yaml(
    'an object with Kind in place of kind',
    behind('apiVersion: v1\nKind: Secret\nmetadata:\n  name: more\n'),
    148,
    'This object has no kind.',
  ),
  yaml(
    'an object with neither',
    behind('metadata:\n  name: more\nspec: {}\n'),
    148,
    'This object has no apiVersion and no kind.',
  ),
  {
    refused: 'a template that nothing has filled in',
    text: replaced('image: repos', 'image: {{ .Values.image }}'),
    path: 'MCPServer/repos spec.image',
    line: 64,
    message: 'Expected a text, found fields.',
  },
  {
    refused: 'a field without a value',
    text: replaced('image: repos', 'image:'),
    path: 'MCPServer/repos spec.image',
    line: 64,
    message: 'This field is required.',
  },
  {
    refused: 'an item of a List',
    text: behind(LIST_ITEM),
    path: 'MCPServerEntry/more spec.remoteUrl',
    line: 159,
    message: 'The value is not an absolute http(s) URL.',
  },
];
