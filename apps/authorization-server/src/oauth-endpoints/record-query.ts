import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { Database, Result, Statement } from '@gatehouse/persistence/database';
import { errors } from 'oidc-provider';

/** A value that cannot be stored came with the request. Without this the library would call it an error of ours. */
export async function queryRecords<Row extends object>(
  database: Pick<Database, 'query'>,
  statement: Statement,
): Promise<Result<Row>> {
  try {
    return await database.query<Row>(statement);
  } catch (error) {
    if (error instanceof GatehouseError && error.code === 'request_invalid')
      throw new errors.InvalidRequest('a parameter holds what cannot be stored', undefined, error.message);
    throw error;
  }
}
