/**
 * No spec sleeps: it waits for what happens (`until` of libs/testing), or it is slow on a fast machine and wrong on a busy
 * one. Timers in specs and fixtures are refused; what makes load for a set time is listed here, with the reason.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../set-up/repository.mjs';
import { filesBelow } from './files.mjs';
import { report } from './report.mjs';

const MAY = new Map([
  ['tests/faults/campaign.spec.ts', 'a fault lasts as long as whoever runs the campaign says'],
  ['tests/faults/rolling-restart.spec.ts', 'the pace of the load'],
]);
// In quotes it is watched, and not used.
const TIMER = /\bsetTimeout\b(?!')|\bscheduler\.wait\b|\bAtomics\.wait\b/;

const files = filesBelow(['apps', 'libs', 'tests'], '.ts').filter((path) =>
  /\.(spec|fixture)\.ts$/.test(path),
);
const withTimer = new Map(
  files.flatMap((path) => {
    const line = readFileSync(join(REPOSITORY, path), 'utf8')
      .split('\n')
      .findIndex((text) => TIMER.test(text));
    return line < 0 ? [] : [[path, line + 1]];
  }),
);
const problems = [...withTimer]
  .filter(([path]) => !MAY.has(path))
  .map(
    ([path, line]) => `${path}:${line} has a timer: wait for what happens instead (@gatehouse/testing/until)`,
  );
const settled = [...MAY.keys()]
  .filter((path) => !withTimer.has(path))
  .map((path) => `${path} has no timer any more: take it off the list in tools/checks/sleeps.mjs`);
report([...problems, ...settled], { looked: files.length });
