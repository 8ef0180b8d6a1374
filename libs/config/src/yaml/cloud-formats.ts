import { pattern, type FormatProblem, type FormatRule } from './format-rule.js';

/** What clouds call their own things. */
export const CLOUD_FORMATS = {
  directoryId: { describes: 'directory (tenant) ID', check: directoryId },
  awsRegion: { describes: 'region of AWS', check: awsRegion },
  roleArn: pattern(
    'ARN of a role',
    /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,576}$/,
    'is not the ARN of a role, such as arn:aws:iam::111122223333:role/Reader.',
  ),
} as const satisfies Record<string, FormatRule>;

function directoryId(value: string): FormatProblem | undefined {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value)
    ? undefined
    : {
        message:
          'is not a directory (tenant) ID: a GUID in lower case. Entra names itself by that, whatever name leads there.',
        ...(/^[0-9A-Fa-f-]{36}$/.test(value) ? { instead: value.toLowerCase() } : {}),
      };
}

const REGION = /^[a-z]{2}(?:-[a-z]+)+-\d{1,2}$/;

function awsRegion(value: string): FormatProblem | undefined {
  if (REGION.test(value)) return undefined;
  const region = value
    .toLowerCase()
    .replace(/(?<=\d)[a-f]$/, '')
    .replace(/(?<=[a-z])(?=\d+$)/, '-');
  return {
    message: 'is not a region of AWS, such as eu-central-1.',
    ...(REGION.test(region) ? { instead: region } : {}),
  };
}
