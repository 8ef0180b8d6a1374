/** An error that the person at the keyboard can correct. Only its text is shown, without a stack. */
export class Cannot extends Error {
  override readonly name = 'Cannot';
}
