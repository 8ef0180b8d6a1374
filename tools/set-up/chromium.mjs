import { installWithApt } from './apt.mjs';
import { find } from './programs.mjs';
import { say, step } from './say.mjs';

/** As `tests/support/chromium.ts` looks for it. */
const PROGRAMS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const WITHOUT = 'Chromium is not on this machine: no page is looked at in a browser.';

const isHere = () => PROGRAMS.some((program) => find(program) !== undefined);

/** Continuous integration gets the browser that tests look at pages with. Nobody else's machine gets one unasked. */
export async function ensureChromium() {
  if (isHere()) return;
  if (process.env.CI === 'true' && find('apt-get') !== undefined)
    await step('Installing chromium for tests (apt-get)', () => installWithApt('chromium', WITHOUT)).catch(
      (error) => say(error.message),
    );
  else say(WITHOUT);
}
