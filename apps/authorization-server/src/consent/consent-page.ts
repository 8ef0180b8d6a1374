import type { ScopeUse } from '@gatehouse/config/model/scope-uses';
import type { ProviderRequirement } from '@gatehouse/config/model/upstream-provider';
import { logoImage } from '../pages/brand-files.js';
import { fact } from '../pages/fact.js';
import type { FormFacts } from '../pages/form-facts.js';
import { html, t, type Html } from '../pages/html.js';
import { layout } from '../pages/layout.js';
import { scopeList } from '../pages/scope-list.js';
import { backendLabels, shownBackend, shownProvider, type Site } from '../pages/site.js';
import type { RequestingClient } from '../oauth-endpoints/authorization-requests.flow.js';
import { approvalForm } from './approval-form.js';
import { destinationFact, destinationNote, type Destination } from './destination.js';

interface OfferedProvider {
  readonly name: string;
  readonly requirement: ProviderRequirement;
  readonly scopes: readonly string[];
  readonly backends: readonly string[];
}

/** Backends that need no account at a provider. */
export interface OtherBackends {
  /** They get what the person enters at the connections; by what that is called. */
  readonly withSecrets: readonly { readonly label: string; readonly backends: readonly string[] }[];
  readonly plain: readonly string[];
}

/** A scope that was asked for, and what it lets a client do. */
export interface ScopedUse {
  readonly scope: string;
  readonly uses: readonly ScopeUse[];
}

export interface ConsentView extends FormFacts {
  readonly client: RequestingClient;
  readonly destination: Destination;
  /** The part of the gateway that it will be able to use; absent: all of it. */
  readonly part: string | undefined;
  readonly providers: readonly OfferedProvider[];
  readonly others: OtherBackends;
  /** What the client may do beyond that, since it asks for scopes that calls need. */
  readonly scopedUses: readonly ScopedUse[];
  /** The account of the browser session. */
  readonly signedInAs: string | undefined;
  /** Fingerprint of what this page shows. The approval is for that, and for nothing newer. */
  readonly shown: string;
}

/** The person approves before the browser is sent to any provider (MCP, security best practices: confused deputy). */
export function consentPage(view: ConsentView): Html {
  const { client, destination, part, providers, others, scopedUses, signedInAs, site } = view;
  return layout({
    title: t`Allow ${client.name}?`,
    site,
    page: 'consent',
    body: html`<h1>${t`Allow “${client.name}” to work on your behalf?`}</h1>
      <p class="soft">
        ${t`It will use the services behind this gateway as you. It never sees your passwords or the providers' tokens.`}
      </p>
      <dl>
        ${fact(t`Application`, client.name)} ${fact(t`Described by`, client.documentHost)}
        ${destinationFact(destination)}
        ${fact(t`Only for`, part === undefined ? undefined : html`<code class="address">${part}</code>`)}
        ${fact(t`Signed in as`, signedInAs)}
      </dl>
      ${destinationNote(destination, client.assured)}
      <h2>${t`It will be able to use`}</h2>
      <ul class="items">
        ${providers.map((provider) => providerItem(provider, part !== undefined, site))}
        ${otherItems(others, site)}
      </ul>
      ${
        scopedUses.length === 0
          ? undefined
          : html`<h2>${t`It also asks for permission to`}</h2>
              <ul class="items">
                ${scopedUses.map((use) => scopedItem(use, site))}
              </ul>`
      }
      ${approvalForm(view)}`,
  });
}

/** In words, and the scope as the client names it. */
function scopedItem({ scope, uses }: ScopedUse, site: Site): Html {
  const nameOf = ({ backend, tools }: ScopeUse): Html => {
    const { label } = shownBackend(site, backend);
    if (tools === undefined) return t`Use ${label}`;
    const named = tools.map((tool, index) => html`${index === 0 ? '' : ', '}${inWords(tool)}`);
    return t`Use ${named} of ${label}`;
  };
  return html`<li>
    ${uses.map((use, index) => html`${index === 0 ? '' : '; '}<span class="name">${nameOf(use)}</span>`)}
    <p class="small soft">${t`Scope`}: <code>${scope}</code></p>
  </li>`;
}

const inWords = (pattern: string): Html | string =>
  pattern === '*' ? t`every tool` : pattern.replaceAll('*', '…');

const REQUIREMENT_TAGS = { required: undefined, optional: t`optional`, onDemand: t`when needed` } as const;

/** @param isPart of a part of the gateway, to which some of the providers of the sign-in give nothing. */
function providerItem(
  { name, requirement, scopes, backends }: OfferedProvider,
  isPart: boolean,
  site: Site,
): Html {
  const tag = REQUIREMENT_TAGS[requirement];
  const { label, logo } = shownProvider(site, name);
  const named = html`${logoImage(site, logo)}<span class="name">${label}</span>`;
  if (isPart && backends.length === 0)
    return html`<li>
      ${named}
      <p class="small soft">${t`You sign in there as well. This application cannot use it.`}</p>
    </li>`;
  return html`<li>
    ${named}${tag === undefined ? undefined : html`<span class="tag">${tag}</span>`}
    ${scopes.length === 0 ? undefined : html`<p class="small soft">${t`Access`}: ${scopeList(site, name, scopes)}</p>`}
    ${backends.length === 0 ? undefined : html`<p class="small soft">${t`Used by`}: ${backendLabels(site, backends)}</p>`}
  </li>`;
}

/** Whatever it may use is named, whether or not a provider is asked for it. */
function otherItems({ withSecrets, plain }: OtherBackends, site: Site): readonly Html[] {
  const secrets = withSecrets.map(
    ({ label, backends }) =>
      html`<li>
        <span class="name">${label}</span>
        <p class="small soft">${t`You enter it yourself, at your connections.`}</p>
        <p class="small soft">${t`Used by`}: ${backendLabels(site, backends)}</p>
      </li>`,
  );
  if (plain.length === 0) return secrets;
  return [
    ...secrets,
    html`<li>
      <span class="name">${t`Without an account of yours`}</span>
      <p class="small soft">
        ${plain.map((name, index) => {
          const { label, logo } = shownBackend(site, name);
          return html`${index === 0 ? '' : ', '}${logoImage(site, logo)}${label}`;
        })}
      </p>
    </li>`,
  ];
}
