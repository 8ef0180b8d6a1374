/** One after the other, and then the first again. */
export function turns<Thing>(things: readonly Thing[]): () => Thing {
  let turn = 0;
  return () => {
    const thing = things[turn % things.length];
    turn += 1;
    if (thing === undefined) throw new Error('there is nobody whose turn it could be');
    return thing;
  };
}
