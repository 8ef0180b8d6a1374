import { hasHiddenCharacters } from '../pages/hidden-characters.js';

/** Some lines of the approval page; more would push away what the user has to see beside the name. */
const MAX_LENGTH = 256;
const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u;
/** U+2800 is a symbol without any mark. */
const BLANK_SYMBOLS = /\u2800/gu;
/** No language stacks as many; more of them are painted over the lines above. */
const STACKED_MARKS = /\p{Mn}{5}/u;

/**
 * What a client calls itself stands on the page where the user decides, so it may be any text of any language, and
 * nothing that changes how the text around it reads.
 * @returns what is wrong, in a sentence for the client's developer.
 */
export function clientNameProblem(name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  if (name.length > MAX_LENGTH) return `client_name must not be longer than ${MAX_LENGTH} characters`;
  if (hasHiddenCharacters(name))
    return 'client_name must not contain line breaks, control characters or characters that nobody can see';
  if (!VISIBLE.test(name.replace(BLANK_SYMBOLS, '')))
    return 'client_name must contain something that can be seen';
  if (STACKED_MARKS.test(name)) return 'client_name must not pile up combining marks';
  return undefined;
}
