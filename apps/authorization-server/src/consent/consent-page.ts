import type { ScopeUse } from '@gatehouse/config/model/scope-uses';
import type { ProviderRequirement } from '@gatehouse/config/model/upstream-provider';
import { fact } from '../pages/fact.js';
import type { FormFacts } from '../pages/form-facts.js';
import { html, type Html } from '../pages/html.js';
import { layout } from '../pages/layout.js';
import type { RequestingClient } from '../oauth-endpoints/authorization-requests.flow.js';
import { redirectTarget, unassuredNote } from './redirect-target.js';

interface OfferedProvider {
  readonly name: string;
  readonly requirement: ProviderRequirement;
  readonly scopes: readonly string[];
  readonly backends: readonly string[];
}

/** A scope that was asked for, and what it lets a client do. */
export interface ScopedUse {
  readonly scope: string;
  readonly uses: readonly ScopeUse[];
}

export interface ConsentView extends FormFacts {
  readonly client: RequestingClient;
  readonly redirectUri: string;
  /** The part of the gateway that it will be able to use; absent: all of it. */
  readonly part: string | undefined;
  readonly providers: readonly OfferedProvider[];
  /** What the client may do beyond that, since it asks for scopes that calls need. */
  readonly scopedUses: readonly ScopedUse[];
  /** The account of the browser session. */
  readonly signedInAs: string | undefined;
  /** Fingerprint of what this page shows. The approval is for that, and for nothing newer. */
  readonly shown: string;
}

/** The person approves before the browser is sent to any provider (MCP, security best practices: confused deputy). */
export function consentPage(view: ConsentView): Html {
  const { client, redirectUri, part, providers, scopedUses, signedInAs, shown, csrf, action, basePath } =
    view;
  return layout({
    title: `Allow ${client.name}?`,
    basePath,
    page: 'consent',
    body: html`<h1>Allow “${client.name}” to work on your behalf?</h1>
      <p class="soft">
        It will use the services behind this gateway as you. It never sees your passwords or the providers'
        tokens.
      </p>
      <dl>
        ${fact('Application', client.name)} ${fact('Described by', client.documentHost)}
        ${fact('Sends you back to', redirectTarget(redirectUri))}
        ${fact('Only for', part === undefined ? undefined : html`<code class="address">${part}</code>`)}
        ${fact('Signed in as', signedInAs)}
      </dl>
      ${client.assured ? undefined : unassuredNote(redirectUri)}
      <h2>It will be able to use</h2>
      <ul class="items">
        ${providers.map((provider) => providerItem(provider, part !== undefined))}
      </ul>
      ${
        scopedUses.length === 0
          ? undefined
          : html`<h2>It also asks for permission to</h2>
              <ul class="items">
                ${scopedUses.map(scopedItem)}
              </ul>`
      }
      <form method="post" action="${action}">
        <input type="hidden" name="csrf" value="${csrf}" />
        <input type="hidden" name="shown" value="${shown}" />
        <div class="actions stretch">
          <button class="main" name="decision" value="approve">Approve</button>
          <button name="decision" value="cancel">Cancel</button>
        </div>
        ${signedInAs === undefined ? undefined : html`<p class="small soft">Not you? <button class="plain" name="decision" value="another">Use another account</button></p>`}
      </form>`,
  });
}

/** In words, and the scope as the client names it. */
function scopedItem({ scope, uses }: ScopedUse): Html {
  return html`<li>
    ${uses.map(({ backend, tools }) => html`<span class="name">${tools === undefined ? `Use ${backend}` : `Use ${tools.map(inWords).join(', ')} of ${backend}`}</span>`)}
    <p class="small soft">Scope: <code>${scope}</code></p>
  </li>`;
}

const inWords = (pattern: string): string => (pattern === '*' ? 'every tool' : pattern.replaceAll('*', '…'));

const REQUIREMENT_TAGS = { required: undefined, optional: 'optional', onDemand: 'when needed' } as const;

/** @param isPart of a part of the gateway, to which some of the providers of the sign-in give nothing. */
function providerItem({ name, requirement, scopes, backends }: OfferedProvider, isPart: boolean): Html {
  const tag = REQUIREMENT_TAGS[requirement];
  if (isPart && backends.length === 0)
    return html`<li>
      <span class="name">${name}</span>
      <p class="small soft">You sign in there as well. This application cannot use it.</p>
    </li>`;
  return html`<li>
    <span class="name">${name}</span>${tag === undefined ? undefined : html`<span class="tag">${tag}</span>`}
    ${scopes.length === 0 ? undefined : html`<p class="small soft">Access: ${scopes.map((scope) => html`<code>${scope}</code> `)}</p>`}
    ${backends.length === 0 ? undefined : html`<p class="small soft">Used by: ${backends.join(', ')}</p>`}
  </li>`;
}
