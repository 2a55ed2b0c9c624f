import type { Scope } from '../domain/access.ts';
import { describeUnreadable } from '../domain/describe-unreadable.ts';
import type { Unreadable } from '../domain/unreadable.ts';
import type { Assets } from './assets.ts';
import { type Content, type Html, html } from './html.ts';
import { STATE_SHAPES } from './words.ts';

/** What every page needs to know of who looks at it. */
export interface Visit {
  readonly assets: Assets;
  /** Absent before signing in. */
  readonly session?: {
    readonly forgeryToken: string;
    readonly label: string;
    readonly scopes: readonly Scope[];
  };
}

/** The authority that a page is about, and which of its pages it is. */
export interface Place {
  readonly authority: string;
  readonly name: string;
  readonly at?: 'overview' | 'metrics' | 'submissions' | 'submit' | 'notices' | 'recipients' | 'settings';
}

export interface Layout {
  readonly title: string;
  readonly place?: Place;
  readonly content: Html;
  /** Errors are announced in the title, too. */
  readonly hasErrors?: boolean;
}

export const pathOf = (authority: string, ...rest: string[]): string =>
  ['/authorities', authority, ...rest].map((part, index) => (index ? encodeURIComponent(part) : part)).join('/');

/** A whole page: our own header (the crown and the name GOV.UK belong to others), navigation, content. No script. */
export function layout({ assets, session }: Visit, { title, place, content, hasErrors = false }: Layout): Html {
  const heading = [hasErrors ? 'Error: ' : '', title, place ? ` – ${place.name}` : '', ' – Inspection monitor'].join(
    '',
  );
  return html`<!doctype html>
<html lang="en-GB" class="govuk-template">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${heading}</title>
<link rel="icon" href="${assets.icon}" type="image/svg+xml">
<link rel="stylesheet" href="${assets.styles}">
</head>
<body class="govuk-template__body">
<a href="#main" class="govuk-skip-link">Skip to main content</a>
${STATE_SHAPES}
<header class="app-header">
<div class="govuk-width-container app-header__row">
<a class="app-header__name" href="/"><img src="${assets.icon}" width="28" height="28" alt=""> Inspection monitor</a>
${
  session &&
  html`<form class="app-header__session" method="post" action="/sign-out">${forgeryField(session.forgeryToken)}
<a class="app-header__label" href="/sessions">${session.label}</a>
<button class="app-header__button">Sign out</button></form>`
}
</div>
</header>
${place && session && navigation(place, session.scopes)}
<div class="govuk-width-container">
<main class="govuk-main-wrapper app-main" id="main">
${content}
</main>
</div>
<footer class="app-footer"><div class="govuk-width-container">
<ul class="app-footer__links">${session && html`<li><a class="govuk-link" href="/how-it-judges">How it judges</a></li>`}
<li><a class="govuk-link" href="/accessibility">Accessibility</a></li>
<li><a class="govuk-link" href="/privacy">Privacy</a></li></ul>
<p class="govuk-body-s">Levels, standards and wording are this service’s unless a paragraph of the inspection report is named.</p>
</div></footer>
</body>
</html>`;
}

function navigation({ authority, name, at }: Place, scopes: readonly Scope[]): Html {
  const item = (key: NonNullable<Place['at']>, text: string, ...rest: string[]): Html =>
    html`<li class="govuk-service-navigation__item${key === at ? ' govuk-service-navigation__item--active' : ''}">
<a class="govuk-service-navigation__link" href="${pathOf(authority, ...rest)}"${key === at ? currentPage : ''}>${text}</a></li>`;
  return html`<section aria-label="Service information" class="govuk-service-navigation"><div class="govuk-width-container">
<div class="govuk-service-navigation__container">
<span class="govuk-service-navigation__service-name"><a class="govuk-service-navigation__link" href="${pathOf(authority)}">${name}</a></span>
<nav aria-label="${name}" class="govuk-service-navigation__wrapper"><ul class="govuk-service-navigation__list">
${item('overview', 'Overview')}
${item('metrics', 'Metrics', 'metrics')}
${item('submissions', 'Submissions', 'submissions')}
${scopes.includes('submit') && item('submit', 'Submit figures', 'submit')}
${item('notices', 'Notices', 'notices')}
${item('recipients', 'Recipients', 'recipients')}
${scopes.includes('manage') && item('settings', 'Settings', 'settings')}
</ul></nav></div></div></section>`;
}

const currentPage = html` aria-current="page"`;

/** The hidden field by which a form shows that it came from a page of this session. */
export function forgeryField(token: string): Html {
  return html`<input type="hidden" name="forgeryToken" value="${token}">`;
}

export interface FormError {
  readonly text: string;
  /** The id of the field it is about. */
  readonly field?: string;
}

/** All that is wrong, at the top of a page, with the focus on it. */
export function errorSummary(errors: readonly FormError[], title = 'There is a problem'): Content {
  if (errors.length === 0) return undefined;
  return html`<div class="govuk-error-summary" tabindex="-1" autofocus>
<div role="alert"><h2 class="govuk-error-summary__title">${title}</h2>
<div class="govuk-error-summary__body"><ul class="govuk-list govuk-error-summary__list">
${errors.map(({ text, field }) => html`<li>${field ? html`<a href="#${field}">${text}</a>` : text}</li>`)}
</ul></div></div></div>`;
}

/** A remark that stands out without being an error. */
export function inset(content: Content): Html {
  return html`<div class="govuk-inset-text">${content}</div>`;
}

/** What must not be overlooked. */
export function warningText(content: Content): Html {
  return html`<div class="govuk-warning-text"><span class="govuk-warning-text__icon" aria-hidden="true">!</span>
<strong class="govuk-warning-text__text"><span class="govuk-visually-hidden">Warning</span> ${content}</strong></div>`;
}

/** What is stored and not shown, as it cannot be read. */
export function missingText(unreadable: readonly Unreadable[] = []): Content {
  if (unreadable.length === 0) return '';
  const named = unreadable.slice(0, NAMED_ITEMS).map(describeUnreadable);
  const others = unreadable.length - named.length;
  return warningText(
    `Something is missing here, as it is stored and cannot be read: ${[...named, ...(others > 0 ? [`and ${others} more`] : [])].join(', ')}. Everything else is shown, and was judged without it. Whoever runs this service is told.`,
  );
}

const NAMED_ITEMS = 12;

/** A term and what there is to say of it; nothing where that is nothing. */
export function fact(term: string, content: Content): Content {
  if (content === undefined || content === null || content === false || content === '') return undefined;
  return html`<div class="govuk-summary-list__row"><dt class="govuk-summary-list__key">${term}</dt><dd class="govuk-summary-list__value">${content}</dd></div>`;
}

/** A cell without contents: left out where a row is a block. */
export const NOTHING = '–';

/** A table that turns into one block a row where there is no room; roles keep it a table for who cannot see it. */
export function table(options: {
  readonly caption: Content;
  readonly captionHidden?: boolean;
  readonly heads: readonly string[];
  /** The first cell of each row is its heading. */
  readonly rows: readonly (readonly Content[])[];
  readonly className?: string;
}): Html {
  const { caption, captionHidden = false, heads, rows, className = '' } = options;
  return html`<table class="govuk-table app-stack ${className}" role="table">
<caption class="govuk-table__caption govuk-table__caption--s${captionHidden ? ' govuk-visually-hidden' : ''}">${caption}</caption>
<thead class="govuk-table__head" role="rowgroup"><tr role="row">${heads.map((head) => html`<th scope="col" class="govuk-table__header" role="columnheader">${head}</th>`)}</tr></thead>
<tbody class="govuk-table__body" role="rowgroup">${rows.map(
    (cells) => html`<tr class="govuk-table__row" role="row">${cells.map((cell, index) =>
      index === 0
        ? html`<th scope="row" class="govuk-table__header" role="rowheader">${cell}</th>`
        : html`<td class="govuk-table__cell${cell === NOTHING ? ' app-nothing' : ''}" role="cell" data-label="${heads[index]}">${cell}</td>`,
    )}</tr>
`,
  )}</tbody></table>`;
}
