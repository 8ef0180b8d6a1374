import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';

/**
 * Only the user can mend it: they have to sign in at the provider again.
 * @param reference of the line that says why, where this very request led to it
 */
export const reauthRequired = (
  { provider }: { readonly provider: string },
  reference?: string,
): GatehouseError =>
  new GatehouseError('reauth_required', `${provider} asks for a new sign-in`, {
    details: { provider, ...(reference === undefined ? {} : { reference }) },
  });
