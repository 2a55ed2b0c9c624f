import { type Html, html } from './html.ts';

const WIDTH = 120;
const HEIGHT = 28;
const MARGIN = 4;
/** Five years of months: more cannot be told apart in this width. */
const MAX_POINTS = 60;

/** A line without axes, the latest value as a dot and the standard dashed. Whole pixels: the text beside it has the figures. */
export function sparkline(all: readonly number[], standard?: number): Html | undefined {
  const values = all.slice(-MAX_POINTS);
  if (values.length < 2) return undefined;
  const shown = standard === undefined ? values : [...values, standard];
  const [low, high] = [Math.min(...shown), Math.max(...shown)];
  const y = (value: number): number =>
    high === low ? HEIGHT / 2 : Math.round(HEIGHT - MARGIN - ((value - low) / (high - low)) * (HEIGHT - 2 * MARGIN));
  const x = (index: number): number => Math.round(MARGIN + (index / (values.length - 1)) * (WIDTH - 2 * MARGIN));
  const line = values.map((value, index) => `${x(index)} ${y(value)}`).join(' ');
  return html`<svg class="app-spark" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" aria-hidden="true" focusable="false">${
    standard !== undefined && html`<path class="app-spark__standard" d="M0 ${y(standard)}H${WIDTH}"/>`
  }<path d="M${line}"/><circle cx="${x(values.length - 1)}" cy="${y(values.at(-1) as number)}" r="3"/></svg>`;
}
