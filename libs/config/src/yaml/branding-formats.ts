import { accentProblem } from '../model/colors.js';
import { logoProblem } from '../model/logos.js';
import { pattern, type FormatProblem, type FormatRule } from './format-rule.js';

/** Of what pages show. */
export const BRANDING_FORMATS = {
  displayName: pattern(
    'text of at most 60 characters',
    /^(?=\S)[^\p{C}\p{Zl}\p{Zp}]{1,60}(?<=\S)$/u,
    'is empty, longer than 60 characters, begins or ends with a space, or holds characters that nobody sees.',
  ),
  logo: { describes: '`data:` URL of an image', check: logo },
  color: { describes: 'color (`"#1f5f4a"`)', check: accentProblem },
  linkUrl: pattern(
    '`https:` or `mailto:` URL',
    /^(https:\/\/[^\s@<>"']+|mailto:[^\s@<>"'?]+@[^\s@<>"'?]+)$/,
    'is neither an https: URL nor mailto: with an address.',
  ),
} as const satisfies Record<string, FormatRule>;

function logo(value: string): FormatProblem | undefined {
  const message = logoProblem(value);
  return message === undefined ? undefined : { message };
}
