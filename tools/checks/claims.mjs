/** Each claim of README is shown by a command or a test that exists. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { claimProblems, claimsOf } from '../docs/claims.mjs';
import { HOME } from '../docs/navigation.mjs';
import { REPOSITORY } from '../set-up/repository.mjs';
import { report } from './report.mjs';

const text = readFileSync(join(REPOSITORY, HOME), 'utf8');
report(claimProblems(HOME, text, REPOSITORY), { looked: claimsOf(text).length });
