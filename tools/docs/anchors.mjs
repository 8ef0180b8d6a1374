/** Anchors as they are made from headings: lower case, punctuation dropped, blanks to hyphens. The site makes the same ones. */
export function anchorOf(heading) {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');
}

/** Blocks of code have neither links nor headings. */
const withoutBlocks = (text) => text.replace(/^( *)(`{3,}|~{3,}).*?^\1\2`*~*\s*$/gms, '');

/** Every anchor of a page, the second of two equal headings with `-1`. */
export function anchorsOf(text) {
  const headings = [...withoutBlocks(text).matchAll(/^#{1,6}\s+(.+?)\s*#*\s*$/gm)].map(([, heading]) =>
    anchorOf(heading.replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')),
  );
  const seen = new Map();
  return new Set(
    headings.map((anchor) => {
      const times = seen.get(anchor) ?? 0;
      seen.set(anchor, times + 1);
      return times === 0 ? anchor : `${anchor}-${times}`;
    }),
  );
}
