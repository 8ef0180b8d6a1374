import { parseSizeBytes } from '@gatehouse/kernel/sizes';
import type { Finding } from '../findings/problems.js';
import type { Path } from '../findings/path.js';
import type { Rule } from './rule.js';

export const sizeBounds: Rule = ({
  limits: { requestBytes, requestBytesPerPerson, answerBytesPerPerson },
}) => [
  ...within(['limits', 'requestSize'], requestBytes, '16KiB', '64MiB'),
  ...within(['limits', 'requestSizePerPerson'], requestBytesPerPerson, '16KiB', '1024MiB'),
  ...within(['limits', 'answerSizePerPerson'], answerBytesPerPerson, '64MiB', '4096MiB'),
  ...(requestBytesPerPerson < requestBytes
    ? [
        {
          path: ['limits', 'requestSizePerPerson'],
          related: [['limits', 'requestSize']],
          message: 'A person must be able to send one request of the size that is allowed.',
        },
      ]
    : []),
];

const within = (path: Path, bytes: number, least: string, most: string): readonly Finding[] =>
  bytes >= (parseSizeBytes(least) ?? 0) && bytes <= (parseSizeBytes(most) ?? 0)
    ? []
    : [{ path, message: `This must be within ${least} to ${most}.` }];
