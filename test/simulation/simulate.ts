import { parseArgs } from 'node:util';
import { commit } from './deliberate-faults.ts';
import type { History } from './history.ts';

/**
 * `npm run simulate -- --seed 1 --steps 1250 --histories 200`: tells histories from a seed on and stops at the first that
 * breaks a promise, with the fewest steps that do and the command that tells them again. `--steps 3,17,20-25` tells just these.
 * `--fault NAME` tells them of a service with a fault in it (`deliberate-faults.ts`); `--no-shorten` leaves a history as long as it was.
 */

const { values } = parseArgs({
  allowNegative: true,
  options: {
    seed: { type: 'string', default: '1' },
    steps: { type: 'string', default: '1250' },
    histories: { type: 'string', default: '1' },
    seconds: { type: 'string' },
    fault: { type: 'string' },
    shorten: { type: 'boolean', default: true },
  },
});

if (values.fault) commit(values.fault);
const { rangesOf, shorten, stepsIn, stepsUpTo, tell } = await import('./history.ts');

const first = Number(values.seed);
const steps = /[,-]/.test(values.steps) ? stepsIn(values.steps) : stepsUpTo(Number(values.steps));
const until = values.seconds === undefined ? undefined : performance.now() + 1000 * Number(values.seconds);
const most = until === undefined ? Number(values.histories) : Number.POSITIVE_INFINITY;

const cpu = process.cpuUsage();
let told = 0;
let toRest = 0;
let broken: History | undefined;
for (; told < most && !broken && (until === undefined || performance.now() < until); told++) {
  const history = await tell(first + told, steps);
  toRest += history.toRest;
  if (history.broken) broken = history;
}
const { user, system } = process.cpuUsage(cpu);
const seconds = (user + system) / 1e6;
const last = broken?.broken?.step;
const taken = (told - (last === undefined ? 0 : 1)) * steps.length + (last === undefined ? 0 : steps.indexOf(last) + 1);
console.log(
  `${told} histories from seed ${first} on, ${taken} steps and ${toRest} to rest in ${seconds.toFixed(1)} s of one core: ${Math.round((taken + toRest) / seconds)} a second`,
);
if (broken) {
  console.log(`seed ${broken.seed} breaks a promise: ${broken.broken?.what}`);
  if (values.shorten) console.log('looking for its shortest history …');
  const shortest = values.shorten ? await shorten(broken) : broken;
  const { promise, what, step, stack } = shortest.broken ?? {};
  console.log(`
${shortest.steps.length} steps, ${step === undefined ? 'at rest' : `after step ${step}`}

  ${promise}
  ${what}
${stack}

npm run simulate -- --seed ${broken.seed} --steps ${rangesOf(shortest.steps)},`);
  process.exitCode = 1;
}
