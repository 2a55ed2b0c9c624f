import { parseArgs } from 'node:util';
import { type History, rangesOf, shorten, stepsIn, stepsUpTo, tell } from './history.ts';

/**
 * `npm run simulate -- --seed 1 --steps 1250 --histories 200`: tells histories from a seed on and stops at the first that
 * breaks a promise, with the fewest steps that do and the command that tells them again. `--steps 3,17,20-25` tells just these.
 */

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    steps: { type: 'string', default: '1250' },
    histories: { type: 'string', default: '1' },
    seconds: { type: 'string' },
  },
});

const first = Number(values.seed);
const steps = /[,-]/.test(values.steps) ? stepsIn(values.steps) : stepsUpTo(Number(values.steps));
const until = values.seconds === undefined ? undefined : performance.now() + 1000 * Number(values.seconds);
const most = until === undefined ? Number(values.histories) : Number.POSITIVE_INFINITY;

const cpu = process.cpuUsage();
let told = 0;
let broken: History | undefined;
for (; told < most && !broken && (until === undefined || performance.now() < until); told++) {
  const history = await tell(first + told, steps);
  if (history.broken) broken = history;
}
const { user, system } = process.cpuUsage(cpu);
const seconds = (user + system) / 1e6;
const taken = told * steps.length;
console.log(
  `${told} histories from seed ${first} on, ${taken} steps in ${seconds.toFixed(1)} s of one core: ${Math.round(taken / seconds)} a second`,
);
if (broken) {
  console.log(`seed ${broken.seed} breaks a promise: ${broken.broken?.what}\nlooking for its shortest history …`);
  const shortest = await shorten(broken);
  const { promise, what, step, stack } = shortest.broken ?? {};
  console.log(`
${shortest.steps.length} steps, ${step === undefined ? 'at rest' : `after step ${step}`}

  ${promise}
  ${what}
${stack}

npm run simulate -- --seed ${broken.seed} --steps ${rangesOf(shortest.steps)},`);
  process.exitCode = 1;
}
