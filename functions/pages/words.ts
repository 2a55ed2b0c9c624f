import type { BoardAlert } from '../domain/board.ts';
import { formatLine, formatObservation, formatParagraphs, monthName, type SmallNumbers } from '../domain/format.ts';
import type { GradedJudgement, Judgement } from '../domain/inspection.ts';
import type { LoadedInspection } from '../domain/loaded-inspection.ts';
import type { Metric, Standard } from '../domain/metric.ts';
import { periodOf } from '../domain/period.ts';
import { localStandardsOf } from '../domain/record.ts';
import { isWorse, type Observation } from '../domain/series.ts';
import { standardFor } from '../domain/timeline.ts';
import { type Html, html } from './html.ts';

export { dayName, timeName } from '../domain/format.ts';

/** `Sep 2011`, where there is little room. */
export function shortMonth(date: string): string {
  return monthName(date).replace(/(?<=^...)[a-z]+/, '');
}

/** `1 month`, `2 months`. */
export function counted(number: number, noun: string, plural = `${noun}s`): string {
  return `${number} ${number === 1 ? noun : plural}`;
}

/** What may be one long word, as addresses are: it is broken where there is no room. */
export const breakable = (text: string): Html => html`<span class="app-breaks">${text}</span>`;

/** Who signed in or whose token it was, where somebody is to be held to what they did. */
export const enteredBy = (by: string | undefined): Html => breakable(by ?? 'not recorded');

/** The same, beside what they wrote. */
export function entered(by: string | undefined): Html {
  return html`<span class="app-when">Entered by: ${enteredBy(by)}</span>`;
}

/** The grade of a judgement in its framework's own words. */
export function gradeOf({ words, tone }: GradedJudgement): Html {
  return html`<span class="app-grade app-grade--${tone}">${words}</span>`;
}

/** Where in the report a judgement is. */
export function whereOf({ paragraph }: Judgement): string {
  if (paragraph === 'cover') return 'judged on the title page';
  const part = formatParagraphs([paragraph]);
  return /^(\d|page)/.test(paragraph) ? `judged in ${part}` : `judged in the ${part}`;
}

/** How a metric is shown to do, the worst first. `silent` is shown and never judged, `empty` was not reported yet. */
export const DISPLAY_STATES = ['critical', 'warning', 'watch', 'recovering', 'clear', 'silent', 'empty'] as const;
export type DisplayState = (typeof DISPLAY_STATES)[number];

export const STATE_WORD: Record<DisplayState, string> = {
  critical: 'Critical',
  warning: 'Warning',
  watch: 'To watch',
  recovering: 'Recovering',
  clear: 'Clear',
  silent: 'Shown only',
  empty: 'No figures yet',
};

export function displayStateOf(
  metric: Pick<Metric, 'polarity'> | undefined,
  alert: BoardAlert | undefined,
  isReported: boolean,
): DisplayState {
  if (alert?.state === 'recovering') return 'recovering';
  if (alert?.state === 'raised') return alert.level ?? 'warning';
  if (!isReported) return 'empty';
  return metric?.polarity === 'neutral' ? 'silent' : 'clear';
}

/** The drawing of a state; each has a shape of its own, as colours alone tell nothing to some. */
export function stateIcon(state: DisplayState): Html {
  return html`<svg class="app-icon app-icon--${state}" width="16" height="16" aria-hidden="true" focusable="false"><use href="#is-${state}"/></svg>`;
}

/** A state as icon and word. */
export function stateTag(state: DisplayState): Html {
  return html`<span class="app-state app-state--${state}">${stateIcon(state)} ${STATE_WORD[state]}</span>`;
}

/** The shapes that `stateIcon` uses: once on each page. */
export const STATE_SHAPES = html`<svg class="app-shapes" width="0" height="0" aria-hidden="true" focusable="false">
<symbol id="is-critical" viewBox="0 0 16 16"><path d="M8 0l8 8-8 8-8-8z" fill="currentColor"/><path d="M8 4v5M8 11v1.5" stroke="#fff" stroke-width="2"/></symbol>
<symbol id="is-warning" viewBox="0 0 16 16"><path d="M8 1l8 14H0z" fill="currentColor"/><path d="M8 6v4M8 11.500v1.500" stroke="#fff" stroke-width="1.800"/></symbol>
<symbol id="is-watch" viewBox="0 0 16 16"><circle cx="8" cy="8" r="6.500" fill="none" stroke="currentColor" stroke-width="2"/><circle cx="8" cy="8" r="2.500" fill="currentColor"/></symbol>
<symbol id="is-recovering" viewBox="0 0 16 16"><path d="M8 2l6.500 12h-13z" fill="none" stroke="currentColor" stroke-width="2"/></symbol>
<symbol id="is-clear" viewBox="0 0 16 16"><path d="M2 8.500l4 4 8-9" fill="none" stroke="currentColor" stroke-width="2.500"/></symbol>
<symbol id="is-silent" viewBox="0 0 16 16"><path d="M2 8h12" stroke="currentColor" stroke-width="2.500"/></symbol>
<symbol id="is-empty" viewBox="0 0 16 16"><circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="1.500" stroke-dasharray="2.500 2"/></symbol>
<symbol id="is-up" viewBox="0 0 16 16"><path d="M8 15V3M3 8l5-5 5 5" fill="none" stroke="currentColor" stroke-width="2.500"/></symbol>
<symbol id="is-down" viewBox="0 0 16 16"><path d="M8 1v12M3 8l5 5 5-5" fill="none" stroke="currentColor" stroke-width="2.500"/></symbol>
<symbol id="is-same" viewBox="0 0 16 16"><path d="M1 8h12M8 3l5 5-5 5" fill="none" stroke="currentColor" stroke-width="2.500"/></symbol>
</svg>`;

/** Which way the figure went from the one before, and whether that is worse. */
export interface Travel {
  readonly way: 'up' | 'down' | 'same';
  readonly judged: 'better' | 'worse' | undefined;
  readonly from: Observation;
  readonly to: Observation;
}

/** The direction of travel of the last observation; undefined where there are fewer than two. */
export function travelOf(metric: Metric, observations: readonly Observation[]): Travel | undefined {
  const [from, to] = observations.slice(-2);
  if (!from || !to) return undefined;
  if (to.value === from.value) return { way: 'same', judged: undefined, from, to };
  const judged =
    metric.polarity === 'neutral' || metric.polarity === 'target'
      ? undefined
      : isWorse(metric, to.value, from.value)
        ? 'worse'
        : 'better';
  return { way: to.value > from.value ? 'up' : 'down', judged, from, to };
}

/** The standard that the latest figure is held against; before the first, the one that held as the report was published. */
export function standardNow(
  inspection: Pick<LoadedInspection, 'header' | 'localStandards'>,
  metric: Metric,
  observations: readonly Observation[],
): Standard | undefined {
  const period = observations.at(-1)?.period ?? periodOf(inspection.header.published);
  return standardFor(metric, localStandardsOf(inspection, metric.id), period);
}

/** What a figure is shown beside, and so has to be told from: its standard, and the figure before. */
export function heldAgainst(standard: Standard | undefined, travel?: Travel): number[] {
  return [standard?.value, standard?.upTo, travel?.from.value].flatMap((value) => value ?? []);
}

/** `Worse, from 84.0% in Aug 2011`, with an arrow. */
export function travelText(metric: Metric, travel: Travel, smallNumbers: SmallNumbers): Html {
  const { way, judged, from, to } = travel;
  const word =
    way === 'same'
      ? 'Same'
      : judged === 'worse'
        ? 'Worse'
        : judged === 'better'
          ? 'Better'
          : way === 'up'
            ? 'Up'
            : 'Down';
  const before = formatObservation(metric, from, smallNumbers, [to.value]);
  return html`<span class="app-travel${judged ? ` app-travel--${judged}` : ''}"><svg class="app-icon" width="14" height="14" aria-hidden="true" focusable="false"><use href="#is-${way}"/></svg> ${word}</span>, from ${before} in ${monthName(from.period)}`;
}

/** `at least 80%`, `at most 10 cases`, `60% to 80%`: a standard, with which way is meant. */
export function standardText(metric: Metric, standard: Standard): string {
  if (metric.polarity === 'target') return formatLine(metric, standard);
  return `${metric.polarity === 'lower' ? 'at most ' : 'at least '}${formatLine(metric, standard)}`;
}
