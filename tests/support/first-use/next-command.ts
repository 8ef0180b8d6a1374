/** What the screen offers to type next, behind these words; a test takes it from there and from nowhere else. */
export function offered(screen: string, words: string): string {
  const [, command] =
    new RegExp(`^\\s*${words}\\s*((?:npx |gatehouse |claude |http:).*?)\\s*$`, 'm').exec(screen) ?? [];
  if (command === undefined) throw new Error(`nothing is offered behind "${words}":\n${screen}`);
  return command;
}
