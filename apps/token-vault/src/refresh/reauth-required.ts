import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';

/** Only the user can mend it: they have to sign in at the provider again. */
export const reauthRequired = ({ provider }: { readonly provider: string }): GatehouseError =>
  new GatehouseError('reauth_required', `${provider} asks for a new sign-in`, { details: { provider } });
