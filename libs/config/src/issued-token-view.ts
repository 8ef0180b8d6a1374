import { given } from './from-yaml/written-values.js';
import type { IssuedToken } from './model/outgoing-auth.js';
import type { TokenDestination } from './model/token-destination.js';
import type { ToolScopes } from './model/tool-scopes.js';
import { providersOf, subjectOf, type TokenSubject } from './model/token-subject.js';

/** What is in signatures of AWS beside the request (Signature Version 4). */
export interface SigningScope {
  readonly region: string;
  readonly service: string;
}

/** A token of a token endpoint as the proxy sees it: for whose token it is issued, and where it goes. */
export interface IssuedTokenView extends TokenDestination {
  readonly type: 'issuedToken';
  readonly subject: TokenSubject;
  /** Those whose connections it comes from. */
  readonly providers: readonly string[];
  /** Requests are signed with it, instead of holding it. */
  readonly signing?: SigningScope;
  /** On behalf of its person: what its backend wants the sign-in to show, the subject's provider is asked for. */
  readonly hearsChallenges?: true;
  /** What the tokens for calls of some tools have more. */
  readonly toolScopes?: readonly ToolScopes[];
}

export const issuedTokenView = (strategy: IssuedToken<unknown>): IssuedTokenView => ({
  type: 'issuedToken',
  subject: subjectOf(strategy),
  providers: providersOf(strategy),
  ...(strategy.type === 'awsSts' ? { signing: { region: strategy.region, service: strategy.service } } : {}),
  ...(strategy.type === 'obo' ? { hearsChallenges: true } : {}),
  ...(strategy.type === 'awsSts' ? {} : given('toolScopes', strategy.toolScopes)),
  ...given('header', strategy.header),
  ...given('allowedHosts', strategy.allowedHosts),
});
