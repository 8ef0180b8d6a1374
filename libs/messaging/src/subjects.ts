import type { Bucket } from '@gatehouse/contracts/buckets';

export const subjectPrefix = (gatewayName: string): string => `gatehouse.${gatewayName}.`;

export const fullSubject = (gatewayName: string, subject: string): string =>
  subjectPrefix(gatewayName) + subject;

/** The stream that keeps the gateway's events. */
export const eventStream = (gatewayName: string): string => `gatehouse_${gatewayName}_events`;

export const bucketName = (gatewayName: string, bucket: Bucket): string =>
  `gatehouse_${gatewayName}_${bucket.name}`;
