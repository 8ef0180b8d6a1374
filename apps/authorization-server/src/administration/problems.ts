import { STATUS_CODES } from 'node:http';
import type { ErrorCode } from '@gatehouse/kernel/error-codes';
import { newReference } from '@gatehouse/kernel/failure-reference';
import type { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { z } from 'zod';
import type { problem } from './shapes.js';

export type Problem = z.output<typeof problem>;
type Code = ErrorCode | 'not_found' | 'conflict' | 'method_not_allowed';

/** RFC 9457: what it is stands in `code`; the type says no more than the status (section 4.2.1). */
export const problemOf = (status: number, code: Code, detail: string, reference?: string): Problem => ({
  type: 'about:blank',
  title: STATUS_CODES[status] ?? '',
  status,
  detail,
  code,
  ...(reference === undefined ? {} : { reference }),
});

const BY_OWNER = { client: 400, user: 409, config: 409, upstream: 503, capacity: 503, us: 500 } as const;

/** What the caller hears of a failure, with the number by which its line is found. */
export const failureProblem = ({ code, facts, publicText }: GatehouseError): Problem =>
  problemOf(BY_OWNER[facts.owner], code, publicText, newReference());
