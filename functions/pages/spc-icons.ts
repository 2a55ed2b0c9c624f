import { formatStandard } from '../domain/format.ts';
import type { Metric, Standard } from '../domain/metric.ts';
import { isWorse } from '../domain/series.ts';
import { type Assurance, assuranceOf, type XmrPoint } from '../domain/statistics/xmr.ts';
import { type Content, type Html, html } from './html.ts';
import { type DisplayState, STATE_WORD } from './words.ts';

/**
 * Variation and assurance as the NHS shows them ("Making Data Count"): an icon for which way the figures move, and one
 * for whether they will meet the standard, each with its words. The icons follow the NHS's colours: orange is a concern,
 * blue an improvement, grey neither, purple where no direction is better.
 */

const GREY = '#5b6770';
const ORANGE = '#b35309';
const BLUE = '#1d70b8';
const PURPLE = '#4c2c92';

/** Points that waver, rise, or fall. */
const COURSES = {
  level: [
    [16, 37],
    [24, 29],
    [32, 36],
    [40, 28],
    [48, 35],
  ],
  rising: [
    [16, 46],
    [24, 42],
    [32, 37],
    [40, 28],
    [48, 19],
  ],
  falling: [
    [16, 19],
    [24, 24],
    [32, 30],
    [40, 38],
    [48, 46],
  ],
} as const;

function icon(colour: string, course: keyof typeof COURSES, letter: string, at: readonly [number, number]): Html {
  const points = COURSES[course];
  return html`<svg class="app-spc__icon" width="64" height="64" viewBox="0 0 64 64" aria-hidden="true" focusable="false">
<circle cx="32" cy="32" r="29" fill="#fff" stroke="${colour}" stroke-width="5"/>
<path d="M${points.map((point) => point.join(' ')).join('L')}" fill="none" stroke="${colour}" stroke-width="1.500"/>
${points.map(([x, y], index) => html`<circle cx="${x}" cy="${y}" r="3.500" fill="${index > 2 || letter === '' ? colour : '#fff'}" stroke="${colour}"/>`)}
${letter && html`<text x="${at[0]}" y="${at[1]}" font-size="18" font-weight="700" fill="${colour}" text-anchor="middle">${letter}</text>`}</svg>`;
}

/** The two, for the latest figure. `state` is how the metric is shown to do: what is better than usual may be bad still. */
export function spcIcons(
  metric: Metric,
  latest: XmrPoint | undefined,
  standard: Standard | undefined,
  state: DisplayState,
  fewest: number,
): Content {
  if (!latest) return undefined;
  if (latest.shortGroup)
    return html`<p class="govuk-body">Too few figures to tell what is usual: that takes ${fewest}${latest.group > 0 && ' since the way of working last changed'}.</p>`;
  const variation = variationOf(latest, state);
  const assurance = assuranceOf(latest, standard?.value, DIRECTION[metric.polarity]);
  return html`<ul class="app-spc">
<li>${variation.icon}<span><strong>Variation</strong> ${variation.words}</span></li>
${standard && assurance && html`<li>${ASSURANCE[assurance].icon}<span><strong>Assurance</strong> ${assuranceWords(metric, standard, assurance, latest)}</span></li>`}
</ul>`;
}

const DIRECTION = { higher: 'increase', lower: 'decrease', target: 'neutral', neutral: 'neutral' } as const;
const HIGH: readonly [number, number] = [21, 28];
const LOW: readonly [number, number] = [43, 28];

function variationOf({ type, causeSide }: XmrPoint, state: DisplayState): { icon: Html; words: string } {
  const high = causeSide > 0;
  const draw = (colour: string): Html => icon(colour, high ? 'rising' : 'falling', high ? 'H' : 'L', high ? HIGH : LOW);
  switch (type) {
    case 'common_cause':
      return {
        icon: icon(GREY, 'level', '', HIGH),
        words: 'Nothing unusual: the figures move as much as they always do.',
      };
    case 'special_cause_concern':
      return { icon: draw(ORANGE), words: `Unusually ${high ? 'high' : 'low'} for this metric, and that is worse.` };
    case 'special_cause_improvement': {
      const still = state === 'critical' || state === 'warning' || state === 'watch';
      const words = `Unusually ${high ? 'high' : 'low'} for this metric, and that is better`;
      return {
        icon: draw(still ? GREY : BLUE),
        words: still ? `${words}, but not good enough: it is still “${STATE_WORD[state].toLowerCase()}”.` : `${words}.`,
      };
    }
    default:
      return { icon: draw(PURPLE), words: `Unusually ${high ? 'high' : 'low'} for this metric.` };
  }
}

const ASSURANCE: Readonly<Record<Assurance, { readonly icon: Html }>> = {
  consistent_pass: { icon: icon(BLUE, 'level', 'P', [32, 22]) },
  consistent_fail: { icon: icon(ORANGE, 'level', 'F', [32, 22]) },
  inconsistent: { icon: icon(GREY, 'level', '?', [32, 22]) },
};

function assuranceWords(metric: Metric, standard: Standard, assurance: Assurance, { value }: XmrPoint): string {
  const which = `the standard, ${formatStandard(metric, standard)}`;
  if (assurance === 'consistent_pass') return `If nothing changes, every month will meet ${which}.`;
  if (assurance === 'consistent_fail') return `If nothing changes, every month will miss ${which}.`;
  const now = isWorse(metric, value, standard.value) ? 'misses' : 'meets';
  return `If nothing changes, some months will meet ${which}, and some will miss it; the latest ${now} it.`;
}
