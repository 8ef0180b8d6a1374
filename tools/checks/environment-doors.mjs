/** The environment is read, and the console written, in the doors only; lint says so too, but a suppression would silence lint. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../set-up/repository.mjs';
import { filesBelow } from './files.mjs';
import { report } from './report.mjs';

const DOORS = [
  /^apps\/[^/]+\/src\/main\.ts$/,
  /^apps\/gatehouse\/src\//,
  /^libs\/testing\/src\//,
  /^libs\/config\/src\/secrets\/secret-references\.ts$/,
  /^libs\/service-process\/src\/run-service\.ts$/,
  /^libs\/scripted-browser\/src\/browser-command\.ts$/,
  /\.spec\.ts$/,
];

const files = filesBelow(['apps', 'libs'], '.ts').filter((path) => /^(apps|libs)\/[^/]+\/src\//.test(path));
const problems = files.flatMap((path) => {
  const lines = readFileSync(join(REPOSITORY, path), 'utf8').split('\n');
  const isDoor = DOORS.some((door) => door.test(path));
  return lines.flatMap((line, index) => {
    const where = `${path}:${index + 1}`;
    if (!isDoor && /\bprocess\s*(\.\s*env|\[\s*['"]env)\b/.test(line))
      return [`${where}: reads the environment outside the doors`];
    const suppression = /eslint-disable(?:-next-line|-line)?\b(.*)/.exec(line);
    if (suppression !== null && !/\s--\s+\S/.test(suppression[1]))
      return [`${where}: a lint suppression without a reason`];
    return [];
  });
});

report(problems, { looked: files.length });
