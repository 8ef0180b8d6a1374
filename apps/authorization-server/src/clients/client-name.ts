import { hasHiddenCharacters } from '../pages/hidden-characters.js';

/** A few lines of the approval page. A longer name would push away what else the person has to see. */
const MAX_LENGTH = 256;
const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u;
/** U+2800 is a symbol without any mark. */
const BLANK_SYMBOLS = /\u2800/gu;
/** No language stacks as many marks. More would be painted over the lines above. */
const STACKED_MARKS = /\p{Mn}{5}/u;

/**
 * The client's own name stands on the page where the person decides. It may be any text in any language, unless it changes
 * how the text around it reads.
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
