import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';

/** A token that the issuer calls active, without saying whose it is, for whom, or until when. */
export class IncompleteAnswer extends GatehouseError {
  constructor(missing: readonly string[]) {
    super(
      'token_invalid',
      `the issuer says that a token is active, and leaves out or misshapes ${missing.join(', ')}`,
    );
  }
}
