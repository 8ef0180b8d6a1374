import { seconds, type Output } from '../output.js';
import type { TextStream } from '../terminal.js';
import type { MainJobResult } from './main-job.js';
import { renderJson, renderTable } from './table.js';

/** Shows how the main job went; the rows also go to `json`, if there is one. Returns the exit code: 0 only if every row is right. */
export function reportMainJob(
  { rows, toolCount, pagesVisited, elapsedMs }: MainJobResult,
  output: Output,
  json?: TextStream,
): number {
  output.heading(
    `\nOne sign-in as alice (${pagesVisited} requests through both providers), ${toolCount} tools, ` +
      `each backend called once, ${seconds(elapsedMs)}. Whose token arrived:`,
  );
  output.line(renderTable(rows));
  const wrong = rows.filter(({ isRight }) => !isRight).length;
  if (rows.length === 0) output.line('No backend is configured: nothing was called.');
  else
    output.line(wrong === 0 ? `All ${rows.length} as configured.` : `${wrong} of ${rows.length} are wrong.`);
  json?.write(`${renderJson(rows)}\n`);
  return rows.length > 0 && wrong === 0 ? 0 : 1;
}
