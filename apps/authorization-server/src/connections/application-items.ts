import { withoutHiddenCharacters } from '../pages/hidden-characters.js';
import { html, t, type Html } from '../pages/html.js';
import { time } from '../pages/time.js';
import type { ListedSession } from '../sessions/session.store.js';

type FormOf = (fields: Readonly<Record<string, string>>, button: Html) => Html;

/**
 * Sessions by the name of their application, the latest first. Many applications register anew wherever they are installed, so that
 * their ids say nothing to a person.
 */
export function applicationItems(sessions: readonly ListedSession[], nowMs: number, form: FormOf): Html {
  if (sessions.length === 0) return html`<p class="soft">${t`None at the moment.`}</p>`;
  const applications = new Map<string, readonly ListedSession[]>();
  for (const session of sessions) {
    const name = withoutHiddenCharacters(session.clientName);
    applications.set(name, [...(applications.get(name) ?? []), session]);
  }
  return html`<ul class="items">
      ${[...applications].map(([name, own]) => applicationItem(name, own, nowMs, form))}
    </ul>
    ${sessions.length === 1 ? undefined : form({ action: 'sign-out-everywhere' }, html`<button>${t`Sign out of all applications`}</button>`)}`;
}

function applicationItem(
  name: string,
  sessions: readonly ListedSession[],
  nowMs: number,
  form: FormOf,
): Html {
  const everywhere =
    sessions.length > 1 &&
    form(
      { action: 'sign-out-everywhere', application: name },
      html`<button>${t`Sign out everywhere`} <span class="unseen">${name}</span></button>`,
    );
  return html`<li data-application="${name}">
    <div class="row">
      <div>
        <span class="name">${name}</span>
        ${sessions.length > 1 && html`<p class="small soft">${t`Signed in ${sessions.length} times`}</p>`}
      </div>
      ${everywhere}
    </div>
    ${sessions.map((session) => sessionRow(session, nowMs, form))}
  </li>`;
}

const sessionRow = (
  { tsid, clientName, openedAtMs, usedAtMs }: ListedSession,
  nowMs: number,
  form: FormOf,
): Html =>
  html`<div class="row" data-session="${tsid}">
    <p class="small soft">${t`Signed in ${time(openedAtMs, nowMs)}, last used ${time(usedAtMs, nowMs)}`}</p>
    ${form({ action: 'sign-out', session: tsid }, html`<button>${t`Sign out`} <span class="unseen">${clientName}</span></button>`)}
  </div>`;
