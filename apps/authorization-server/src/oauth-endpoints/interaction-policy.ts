import { interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import { goSilently } from './signed-silent-requests.js';

const { Check, Prompt, base } = interactionPolicy;

/**
 * Every authorization request goes through our own pages, even if the browser session or an earlier grant would allow it:
 * each one gets a fresh grant and a session of its own. `select_account` is a value of `prompt` that clients send.
 */
export function signInPolicy(): ReturnType<typeof base> {
  const policy = base();
  // Ours (CompleteSignIn): a client whom the person has not approved would hear whether it is them.
  policy.get('login')?.checks.remove('claims_id_token_sub_value');
  const consent = policy.get('consent');
  consent?.checks.clear();
  consent?.checks.add(
    new Check(
      'sign_in_needed',
      'the user has to approve the client',
      'consent_required',
      (ctx: KoaContextWithOIDC) => {
        if (ctx.oidc.result?.consent !== undefined) return Check.NO_NEED_TO_PROMPT;
        goSilently(ctx);
        return Check.REQUEST_PROMPT;
      },
    ),
  );
  policy.add(new Prompt({ name: 'select_account', requestable: true }), 1);
  return policy;
}
