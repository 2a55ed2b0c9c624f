import { OURS, targetsOf, WHY } from './signal-judge.ts';
import {
  authoritiesOf,
  BASELINE_MONTHS,
  firstMonthBelowStandard,
  HOPELESS,
  SIMPLE_RULES,
  scoreRules,
  WORLDS,
  type World,
} from './signal-worlds.ts';
import { METHODS, scoreWorld, shortOf } from './slipping.ts';
import { SLIPPING, type SlippingWorld } from './slipping-worlds.ts';

/**
 * `npm run bench:signal`: how often each rule cries wolf, how late it is and what it misses, in worlds whose truth is
 * known, with the service's own timeline as the judge. Prints which targets are reached and which are not.
 */

/** Enough that chance does not decide between rules a hundredth of a month apart. */
const AUTHORITIES = 10_000;
const SEED = 2010;

const number = (value: number, digits: number): string => (Number.isFinite(value) ? value.toFixed(digits) : '-');

function printWorld(world: World): boolean {
  const slow = world.driftMonths !== undefined;
  const from = slow ? firstMonthBelowStandard(world) : BASELINE_MONTHS;
  const scores = scoreRules({ ...OURS, ...SIMPLE_RULES }, authoritiesOf(world, AUTHORITIES, SEED), from);
  console.log(
    `\n${world.name}: ${world.n} cases a month, ${percent(world.p0)} falls to ${percent(world.p1)}, standard ${percent(world.standard)}${slow ? '; delays from the first month below the standard' : ''}`,
  );
  console.log(
    `${''.padEnd(38)}${'false a year'.padStart(12)}${'median'.padStart(8)}${'mean'.padStart(7)}${'missed'.padStart(8)}`,
  );
  for (const [rule, { falseAYear, delay, meanDelay, missed }] of Object.entries(scores))
    console.log(
      `  ${rule.padEnd(36)}${number(falseAYear, 3).padStart(12)}${number(delay, 1).padStart(8)}${number(meanDelay, 2).padStart(7)}${`${(100 * missed).toFixed(1)}%`.padStart(8)}`,
    );
  const targets = targetsOf(world, scores);
  for (const { name, reached } of targets) console.log(`  ${reached ? 'reached    ' : 'NOT REACHED'} ${name}`);
  const missed = targets.filter(({ reached }) => !reached);
  if (missed.length > 0) console.log(`  why not: ${WHY[world.name] ?? 'unexplained'}`);
  return missed.length === 0 || world.name in WHY;
}

const percent = (share: number): string => `${Math.round(100 * share)}%`;

const started = performance.now();
console.log(
  `${AUTHORITIES.toLocaleString('en-GB')} authorities a world, each stable for 36 months and with a fall after 12; seed ${SEED}.`,
);
console.log(
  'False alarms: starts a metric and year after the first 12 months. Delays: months to the alarm, 1 the first bad one.',
);
console.log('inspection and special-cause: findings of that evaluator alone. The lower five are what others use.');
/** So many lives of each kind of slipping back; simulated by the month, they cost more than the ten worlds above. */
const SLIPPING_AUTHORITIES = 1_000;

function printSlipping(world: SlippingWorld): boolean {
  console.log(`\n${world.name}`);
  console.log(
    `${''.padEnd(30)}${'false a year'.padStart(13)}${'mails a year'.padStart(13)}${'mean delay'.padStart(11)}${'missed'.padStart(8)}${'false clears'.padStart(13)}`,
  );
  const scores = Object.entries(METHODS).map(
    ([name, method]) => [name, scoreWorld(world, method, SLIPPING_AUTHORITIES, SEED)] as const,
  );
  for (const [name, { falseAYear, mailsAYear, delay, missed, falseClears }] of scores)
    console.log(
      `  ${name.padEnd(28)}${number(falseAYear, 3).padStart(13)}${number(mailsAYear, 2).padStart(13)}${number(delay, 2).padStart(11)}${`${(100 * missed).toFixed(1)}%`.padStart(8)}${`${(100 * falseClears).toFixed(1)}%`.padStart(13)}`,
    );
  const short = scores[0] ? shortOf(world, scores[0][1]) : [];
  for (const what of short) console.log(`  NOT REACHED ${what}`);
  return short.length === 0;
}

const known = [...WORLDS, ...HOPELESS].map(printWorld).every(Boolean);
console.log('\nSlipping back, getting worse while raised, and what changes nothing, for every kind of figure:');
console.log(
  'mails of the stable half; delay to the first e-mail with bad news after the change; clears in a month below the standard.',
);
const slipping = SLIPPING.map(printSlipping).every(Boolean);
const fine = known && slipping;
console.log(
  `\n${((performance.now() - started) / 1000).toFixed(0)} s. ${fine ? 'Every target is reached, or the table says why not.' : 'A target is missed without an explanation.'}`,
);
if (!fine) process.exitCode = 1;
