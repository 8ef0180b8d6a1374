import { bindingIn } from '@gatehouse/access-tokens/binding';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { Principal } from './principal.js';

/**
 * What a token is bound to; nothing for one that is bound to nothing.
 * @throws {GatehouseError} `token_invalid` when it is bound by means that nobody looks at here: whoever stole it could use it.
 */
export function boundIn({
  cnf,
}: Readonly<Record<string, unknown>>): Pick<Principal, 'boundTo' | 'boundToCertificate'> {
  const binding = bindingIn(cnf);
  switch (binding.to) {
    case 'nothing':
      return {};
    case 'key':
      return { boundTo: binding.thumbprint };
    case 'certificate':
      return { boundToCertificate: binding.thumbprint };
    case 'unknown':
      throw new GatehouseError('token_invalid', 'the token is bound in a way that is not checked here');
  }
}
