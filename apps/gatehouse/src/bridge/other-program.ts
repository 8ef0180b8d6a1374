import { OTHER_PROGRAM_STATUS } from '@gatehouse/kernel/bridge-headers';
import type { Answer } from './answer.js';

/**
 * The proxy means another program than the bridge has under that name. Which of both is behind is not known here; it is over when both
 * have taken the same file.
 */
export const refuseOtherProgram = (answer: Answer): void =>
  answer.status(OTHER_PROGRAM_STATUS, 'Another configuration is being taken up. Try again shortly.', {
    'retry-after': '1',
  });
