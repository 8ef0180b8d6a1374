import { InvalidArgumentError } from 'commander';

/** What an option's text stands for. @throws {InvalidArgumentError} with what would be right. */
export function wholeNumber(text: string): number {
  if (!/^\d{1,5}$/.test(text)) throw new InvalidArgumentError('Not a whole number of at most five digits.');
  return Number(text);
}

/** How many rows at most: as many as a list says there are. */
export function rowCount(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new InvalidArgumentError('Not a whole number from 1 on, of at most nine digits.');
  return Number(text);
}

export const port = (text: string): number => between(text, 1, 65_535);

export const replicaCount = (text: string): number => between(text, 1, 9);

function between(text: string, least: number, most: number): number {
  const number = wholeNumber(text);
  if (number < least || number > most) throw new InvalidArgumentError(`From ${least} to ${most}.`);
  return number;
}
