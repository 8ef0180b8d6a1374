/**
 * Whether a program printed what the page shows: each line, in that order. Other lines may stand between. `…` is for what
 * differs from run to run, and how far columns are apart does not matter.
 * @param {string} shown
 * @param {string} printed
 * @returns {string | undefined} the first line that was not printed
 */
export function missingLine(shown, printed) {
  const lines = printed.split('\n').map(plain);
  let at = 0;
  for (const line of shown.split('\n').map(plain)) {
    if (line === '' || line === '…') continue;
    const pattern = new RegExp(`^${line.split('…').map(escaped).join('.*')}$`);
    const found = lines.findIndex((one, index) => index >= at && pattern.test(one));
    if (found === -1) return line;
    at = found + 1;
  }
  return undefined;
}

const COLOURS = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g');
const plain = (line) => line.replace(COLOURS, '').replace(/\s+/g, ' ').trim();
const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
