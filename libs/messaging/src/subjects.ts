import type { Bucket } from '@gatehouse/contracts/buckets';

export const subjectPrefix = (gatewayName: string): string => `gatehouse.${gatewayName}.`;

export const fullSubject = (gatewayName: string, subject: string): string =>
  subjectPrefix(gatewayName) + subject;

/** The stream that keeps the events of one service, in that service's account. */
export const eventStream = (gatewayName: string): string => `gatehouse_${gatewayName}_events`;

export const bucketName = (gatewayName: string, bucket: Bucket): string =>
  `gatehouse_${gatewayName}_${bucket.name}`;

/** The stream behind a key-value bucket. */
export const bucketStream = (gatewayName: string, bucket: Bucket): string =>
  `KV_${bucketName(gatewayName, bucket)}`;
