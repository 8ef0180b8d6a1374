/** The pictures in the documentation show the pages as they are now: what the pages are made of is what it was when they were taken. */
import { PICTURES, pictureProblems } from '../docs/pictures.mjs';
import { readPages } from '../docs/pages.mjs';
import { REPOSITORY } from '../set-up/repository.mjs';
import { report } from './report.mjs';

const texts = readPages().map(({ text }) => text);
report(pictureProblems(REPOSITORY, texts), { looked: Object.keys(PICTURES).length });
