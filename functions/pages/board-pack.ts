import { titleOfAlert } from '../domain/authority-alerts.ts';
import type { BoardAlert } from '../domain/board.ts';
import { withoutWorking } from '../domain/describe-finding.ts';
import { basisOf, dayName, monthName } from '../domain/format.ts';
import { frameworkOf } from '../domain/frameworks.ts';
import type { Basis } from '../domain/identifiers.ts';
import { rank } from '../domain/lifecycle.ts';
import { dayInEngland } from '../domain/period.ts';
import { describeQuestion, firstOf, questionsAbout } from '../domain/questions.ts';
import { localStandardsOf } from '../domain/record.ts';
import { seriesOf } from '../domain/series.ts';
import { standardFor } from '../domain/timeline.ts';
import { type Html, html } from './html.ts';
import { layout, NOTHING, pathOf, table, type Visit } from './layout.ts';
import { metrics, type Overview } from './overview.ts';
import { actions } from './overview-inspections.ts';
import { counted, displayStateOf, stateTag } from './words.ts';

/** What is put before a board, on paper: what needs attention, every metric by its judgement, the actions, and what it rests on. */
export function boardPackPage(visit: Visit, overview: Overview): Html {
  const { header } = overview.inspection;
  const last = overview.months.findLast((month) => !month.retracted);
  return layout(visit, {
    title: 'Board pack',
    place: { authority: header.authority, name: header.name },
    content: html`<div class="app-pack"><span class="govuk-caption-m">${header.title}, published on ${dayName(header.published)}</span>
<h1 class="govuk-heading-l">${header.name}: how it stands since the inspection</h1>
<p class="govuk-body">${last ? html`Figures up to <strong>${monthName(last.period)}</strong>${last.status === 'provisional' && ' (provisional)'}. ` : 'No figures were submitted yet. '}As it stood on ${dayName(overview.today)}.</p>
<p class="govuk-body app-screen-only">To print it, or to keep it as a PDF, use the browser’s “Print”: A4, upright. <a class="govuk-link" href="${pathOf(header.authority)}">Back to the overview</a></p>
${attention(overview)}
${metrics(overview)}
${actions(overview)}
${sources(overview)}</div>`,
  });
}

const weight = (alert: BoardAlert): number => (alert.state === 'recovering' ? 0 : 10) + rank(alert.level);

/** One row an alert, the worst first. */
function attention({ inspection, board }: Overview): Html {
  const alerts = Object.entries(board?.alerts ?? {}).sort(([, a], [, b]) => weight(b) - weight(a));
  return html`<section aria-labelledby="attention"><h2 class="govuk-heading-m" id="attention">What needs attention</h2>
${
  alerts.length === 0
    ? html`<p class="govuk-body">Nothing is raised.</p>`
    : table({
        caption: 'What is raised, the worst first',
        captionHidden: true,
        heads: ['What', 'State', 'Since', 'Why', 'In hand'],
        rows: alerts.map(([id, alert]) => [
          titleOfAlert(id, inspection.metrics),
          stateTag(
            displayStateOf(
              inspection.metrics.find((metric) => metric.id === id),
              alert,
              true,
            ),
          ),
          dateOf(alert.since ?? alert.period),
          whyOf(alert),
          alert.acknowledgement
            ? `${alert.acknowledgement.author}, ${dayName(dayInEngland(new Date(alert.acknowledgement.at)))}`
            : alert.episode
              ? 'nobody'
              : NOTHING,
        ]),
      })
}</section>`;
}

function whyOf({ findings: [first], state }: BoardAlert): string {
  if (first) return withoutWorking(first.text);
  return state === 'recovering' ? 'Nothing is wrong with the latest figure.' : NOTHING;
}

const dateOf = (date: string): string => (date.length > 7 ? dayName(date) : monthName(date));

/** What of the latest figures can hardly be right, and nobody has confirmed. */
function questioned({ inspection, months, smallNumbers }: Overview): string[] {
  return inspection.metrics.flatMap((metric) => {
    const observations = seriesOf(metric, months);
    const last = observations.at(-1);
    if (!last) return [];
    return questionsAbout(metric, observations).map((question) =>
      describeQuestion(metric, last, question, smallNumbers),
    );
  });
}

/** What the pack rests on: the report, who set the standards, what was revised, what is provisional or missing. */
function sources(overview: Overview): Html {
  const { inspection, months, board, setAside } = overview;
  const questions = questioned(overview);
  const { header, metrics } = inspection;
  const current = months.filter(({ retracted }) => !retracted);
  const latest = current.at(-1);
  const missing = latest ? metrics.filter(({ id }) => !current.some(({ observations }) => id in observations)) : [];
  const provisional = current.filter(({ status }) => status === 'provisional');
  const corrected = current.filter(({ revision }) => revision > 1);
  const by = new Map<Basis, number>();
  for (const metric of metrics) {
    const standard = latest && standardFor(metric, localStandardsOf(inspection, metric.id), latest.period);
    if (standard) by.set(standard.basis, (by.get(standard.basis) ?? 0) + 1);
  }
  const late = board?.alerts.submission;
  const named = (periods: readonly { readonly period: string }[]): string =>
    periods.map(({ period }) => monthName(period)).join(', ');
  return html`<section class="app-sources" aria-labelledby="sources"><h2 class="govuk-heading-l" id="sources">Questions about the data, and sources</h2>
<ul class="govuk-list govuk-list--bullet">
${late && html`<li>${late.findings.map(({ text }) => text).join(' ')}</li>`}
${setAside && html`<li>The newest figures could not be judged yet.</li>`}
${firstOf(questions).map((question) => html`<li>${question}</li>`)}
${provisional.length > 0 && html`<li>Provisional: ${named(provisional)}.</li>`}
${corrected.length > 0 && html`<li>Corrected since first submitted: ${named(corrected)}.</li>`}
${missing.length > 0 && html`<li>${counted(missing.length, 'metric')} without any figure: ${missing.map(({ title }) => title).join(', ')}.</li>`}
<li>The inspection: ${header.inspectorate}, “${header.title}”, ${frameworkOf(header).title}; paragraph numbers are those of the report.</li>
<li>Figures are those that ${header.name} submitted itself, each month as it stands now.</li>
${by.size > 0 && html`<li>Who set the standards: ${[...by].map(([basis, number]) => `${basisOf(basis)} (${number})`).join(', ')}.</li>`}
<li>How figures are judged is said under “How it judges”, at the foot of each page of the service.</li>
</ul></section>`;
}
