import type { Figure } from '../test/support/build.ts';
import { drawBinomial, drawNormal, drawShare, type Random } from './signal-worlds.ts';

/** How figures of each kind come about, where their truth is known. */

/** Months of a share, a mean count or a mean, one after the other: `[24, 0.8]` is two years at 80%. */
export type Course = readonly (readonly [months: number, level: number])[];

/** The figures of a course, a month each; undefined where none is reported. */
export type Draw = (random: Random, course: Course) => (Figure | undefined)[];

export const lengthOf = (course: Course): number => course.reduce((sum, [months]) => sum + months, 0);

const levelsOf = (course: Course): number[] => course.flatMap(([months, level]) => Array<number>(months).fill(level));

const each =
  (draw: (random: Random, level: number) => Figure): Draw =>
  (random, course) =>
    levelsOf(course).map((level) => draw(random, level));

/** New cases each month, of which the months may vary more than chance has it. */
export const flow = (size: number | ((random: Random) => number), correlation = 0): Draw =>
  each((random, level) => {
    const n = typeof size === 'number' ? size : size(random);
    return [drawBinomial(random, n, drawShare(random, level, correlation)), n];
  });

/** The same without their counts. */
export const bare = (size: number): Draw => each((random, level) => (100 * drawBinomial(random, size, level)) / size);

/** The same children month after month, of whom so many leave and are followed by others. */
export const snapshot =
  (size: number, leaving: number): Draw =>
  (random, course) => {
    const levels = levelsOf(course);
    const children = Array.from({ length: size }, () => random() < (levels[0] as number));
    return levels.map((level) => {
      for (let i = 0; i < size; i++) if (random() < leaving) children[i] = random() < level;
      return [children.filter(Boolean).length, size];
    });
  };

/** A sum over the last 12 months. */
const overAYear = (course: Course, draw: (level: number) => number): number[] => {
  const levels = levelsOf(course);
  const months = [...Array<number>(11).fill(levels[0] as number), ...levels].map(draw);
  return levels.map((_, i) => months.slice(i, i + 12).reduce((sum, n) => sum + n, 0));
};

/** The last 12 months of so many children a month. */
export const rolling =
  (monthly: number): Draw =>
  (random, course) =>
    overAYear(course, (level) => drawBinomial(random, monthly, level)).map((sum) => [sum, 12 * monthly]);

const CHANCES = 500;
const drawCount = (random: Random, mean: number): number => drawBinomial(random, CHANCES, mean / CHANCES);

/** Events that happen by chance, 500 chances of each a month. */
export const counts: Draw = each(drawCount);

/** Those of the last 12 months; the level is that of the sum. */
export const rollingCounts: Draw = (random, course) => overAYear(course, (level) => drawCount(random, level / 12));

/** A figure that swings around its level by so much, to so many digits. */
export const swinging = (deviation: number, digits = 1): Draw =>
  each((random, level) => Number(Math.max(0, level + deviation * drawNormal(random)).toFixed(digits)));

/** A count that swings around its level with chance, and stays near where it was the month before: a backlog, a waiting list. */
export const backlog: Draw = (random, course) => {
  let swing = drawNormal(random);
  return levelsOf(course).map((level) => {
    swing = 0.7 * swing + Math.sqrt(1 - 0.7 ** 2) * drawNormal(random);
    return Math.max(0, Math.round(level + Math.sqrt(level) * swing));
  });
};

/** What is so and does not vary. */
export const fixed: Draw = (_, course) => levelsOf(course).map(Math.round);

export const withGaps =
  (draw: Draw, absent: number): Draw =>
  (random, course) =>
    draw(random, course).map((figure) => (random() < absent ? undefined : figure));

/** Reported every so many months only. */
export const every =
  (step: number, draw: Draw): Draw =>
  (random, course) =>
    draw(random, course).map((figure, i) => (i % step === 0 ? figure : undefined));
