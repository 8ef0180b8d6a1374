/** Something that the person at the keyboard has to change. Shown as its text alone, without a stack. */
export class Cannot extends Error {
  override readonly name = 'Cannot';
}
