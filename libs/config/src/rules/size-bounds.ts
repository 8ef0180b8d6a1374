import { SIZE_BOUNDS, type Bounds } from '../model/bounds.js';
import type { Finding } from '../findings/problems.js';
import type { Path } from '../findings/path.js';
import type { Rule } from './rule.js';

export const sizeBounds: Rule = ({
  limits: { requestBytes, requestBytesPerPerson, answerBytesPerPerson },
  resumption,
}) => [
  ...within(['limits', 'requestSize'], requestBytes, SIZE_BOUNDS.request),
  ...within(['limits', 'requestSizePerPerson'], requestBytesPerPerson, SIZE_BOUNDS.requestPerPerson),
  ...within(['limits', 'answerSizePerPerson'], answerBytesPerPerson, SIZE_BOUNDS.answerPerPerson),
  ...within(['resumption', 'sizePerStream'], resumption.bytesPerStream, SIZE_BOUNDS.keptStream),
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

const within = (path: Path, bytes: number, { min, max, text }: Bounds): readonly Finding[] =>
  bytes >= min && bytes <= max ? [] : [{ path, message: `This must be within ${text}.` }];
