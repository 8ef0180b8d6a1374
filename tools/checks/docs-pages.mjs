/** Every page of the documentation is in the navigation of the site, and the navigation names no page that is not there. */
import { navigationProblems, readPages } from '../docs/pages.mjs';
import { report } from './report.mjs';

report(navigationProblems(), { looked: readPages().length });
