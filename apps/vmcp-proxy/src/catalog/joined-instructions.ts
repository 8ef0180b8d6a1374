/** What a backend says about itself. */
export interface BackendInstructions {
  readonly backend: string;
  readonly instructions: string;
}

/** Of all backends together, and of one at most. They are in the context of a model all the time. */
const MAX_CHARACTERS = 16_384;
const MAX_CHARACTERS_OF_ONE = 4_096;
const LINE_BREAK = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/u;
/** What nobody sees: it could turn the text around, or hide something in it. */
const INVISIBLE = /[^\P{C}\t]|[\p{Default_Ignorable_Code_Point}]/gu;

const HEADING =
  'What follows was written by the services themselves. Each line of such a text has the name of its service before it.';

/**
 * The gateway's own instructions, and behind them those of the backends. A backend may write anything, so each of its lines is
 * under its name, which it cannot leave.
 */
export function joinedInstructions(own: string, said: readonly BackendInstructions[]): string {
  if (said.length === 0) return own;
  const most = Math.min(MAX_CHARACTERS_OF_ONE, Math.floor(MAX_CHARACTERS / said.length));
  const texts = said.map(({ backend, instructions }) => attributed(backend, instructions, most));
  return [own, HEADING, ...texts].join('\n\n');
}

/** @param most characters of the text, the names before its lines among them. */
function attributed(backend: string, instructions: string, most: number): string {
  const prefix = `${backend}: `;
  const lines: string[] = [];
  let left = most;
  for (const written of instructions.split(LINE_BREAK)) {
    const line = written.replaceAll(INVISIBLE, '').trimEnd();
    if (line === '' && lines.length === 0) continue;
    left -= prefix.length + 1;
    const shown = Array.from(line).slice(0, Math.max(left, 0)).join('');
    if (shown !== line || left < 0) {
      lines.push(`${prefix}${shown}…`);
      break;
    }
    left -= line.length;
    lines.push(`${prefix}${line}`.trimEnd());
  }
  return lines.join('\n');
}
