import { appendFileSync } from 'node:fs';

/** A measured number that the run shows at its end, beside passed and failed. */
export function printFigure(text: string): void {
  const file = process.env['GATEHOUSE_FIGURES'];
  if (file !== undefined) appendFileSync(file, `${text}\n`);
  process.stdout.write(`${text}\n`);
}
