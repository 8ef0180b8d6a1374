/** A color of pages, in the three parts that are needed of it. */
export interface Accent {
  readonly color: string;
  /** Where the pointer is. */
  readonly strong: string;
  /** Of text on it. */
  readonly ink: string;
}

export interface Accents {
  readonly light: Accent;
  readonly dark: Accent;
}

/** What the accent stands on in light pages, and in dark ones: the stylesheet of the pages has the same. */
export const LIGHT_GROUNDS = ['#ffffff', '#f3f4f1', '#eef4f1'] as const;
export const DARK_GROUNDS = ['#131715', '#1c221f', '#212b27'] as const;
const [WHITE, BLACK, DARK_INK] = ['#ffffff', '#000000', '#0d1f18'];

/** WCAG 2.2, 1.4.3: text of ordinary size. */
export const MIN_CONTRAST = 4.5;

const HEX = /^#[0-9a-f]{6}$/i;

const partsOf = (color: string): readonly number[] =>
  [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));

/** WCAG 2.2, "relative luminance". */
function luminanceOf(color: string): number {
  const [red = 0, green = 0, blue = 0] = partsOf(color).map((part) => {
    const value = part / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** WCAG 2.2, "contrast ratio": 1 to 21. */
export function contrastOf(one: string, other: string): number {
  const [darker = 0, lighter = 0] = [luminanceOf(one), luminanceOf(other)].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

function mixed(color: string, other: string, share: number): string {
  const [from, to] = [partsOf(color), partsOf(other)];
  const parts = from.map((part, index) => Math.round(part + ((to[index] ?? 0) - part) * share));
  return `#${parts.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
}

const isReadable = (color: string, grounds: readonly string[]): boolean =>
  grounds.every((ground) => contrastOf(color, ground) >= MIN_CONTRAST);

/** The color itself, or the nearest one on the way to the other that can be read. */
function readable(color: string, other: string, grounds: readonly string[]): string {
  for (let share = 0; share < 1; share += 0.04) {
    const nearer = mixed(color, other, share);
    if (isReadable(nearer, grounds)) return nearer;
  }
  return other;
}

/** Why a color cannot be the accent of pages, and which one can. */
export function accentProblem(
  color: string,
): { readonly message: string; readonly instead?: string } | undefined {
  if (!HEX.test(color)) return { message: 'is not a color such as "#1f5f4a", in quotes.' };
  if (isReadable(color, LIGHT_GROUNDS)) return undefined;
  return {
    message: `cannot be read on a light page: its contrast is less than ${MIN_CONTRAST}:1 (WCAG 2.2). Dark pages get a lighter one by themselves.`,
    instead: `"${readable(color, BLACK, LIGHT_GROUNDS)}"`,
  };
}

/** @param color one without an {@link accentProblem}. */
export function accentsOf(color: string): Accents {
  const inDark = readable(color.toLowerCase(), WHITE, DARK_GROUNDS);
  return {
    light: { color: color.toLowerCase(), strong: mixed(color, BLACK, 0.2), ink: WHITE },
    dark: { color: inDark, strong: mixed(inDark, WHITE, 0.25), ink: DARK_INK },
  };
}
