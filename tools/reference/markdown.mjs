const cell = (text) => String(text).replaceAll('|', '\\|').replaceAll('\n', ' ');

const row = (cells) => `| ${cells.map(cell).join(' | ')} |`;

export const table = (head, rows) => [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');

export const code = (text) => `\`${text}\``;

/** Text that was written for a terminal: `<name>` is no element of HTML. */
export const plainText = (text) => text.replaceAll('<', '&lt;');

export const codes = (texts) => [...texts].map(code).join(', ');

/** Milliseconds as people say them. */
export function duration(ms) {
  const units = /** @type {const} */ ([
    ['day', 86_400_000],
    ['hour', 3_600_000],
    ['minute', 60_000],
    ['s', 1000],
  ]);
  const [name, size] = units.find(([, each]) => ms >= each && ms % each === 0) ?? ['ms', 1];
  const count = ms / size;
  return `${count} ${name}${name.length > 2 && count !== 1 ? 's' : ''}`;
}

/** The line that says where a page is from. */
export const generatedFrom = (sources) =>
  `Generated from ${sources} by \`node tools/generate-reference.mjs\`; a check compares the two. Change the code, not this page.`;
