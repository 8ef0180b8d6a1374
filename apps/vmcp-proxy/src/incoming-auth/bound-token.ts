import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { z } from 'zod';

const boundToKey = z.strictObject({ jkt: z.string().min(1) });

/**
 * The key that a token is bound to (RFC 9449, section 6.1).
 * @returns `undefined` for a token that is bound to nothing.
 * @throws {GatehouseError} `token_invalid` when it is bound by means that nobody looks at here (RFC 8705): whoever stole it could use it.
 */
export function keyOf({ cnf }: Readonly<Record<string, unknown>>): string | undefined {
  if (cnf === undefined) return undefined;
  const bound = boundToKey.safeParse(cnf);
  if (bound.success) return bound.data.jkt;
  throw new GatehouseError('token_invalid', 'the token is bound in a way that is not checked here');
}
