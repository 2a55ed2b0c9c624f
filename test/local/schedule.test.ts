import { afterEach, describe, expect, it } from 'vitest';
import { eventually, type Resources, type Running, run } from './fixture.ts';

type Started = Running & { remove(): Promise<void> };
const started: Started[] = [];
afterEach(async () => {
  for (const instance of started.splice(0)) await instance.remove();
});

/** A rule whose targets are functions that print their event and fail if it says so. */
async function start(rules: Resources, options: Parameters<typeof run>[1] = {}): Promise<Started> {
  const code = `export const handler = async (event) => { console.log(JSON.stringify(event)); if (event.fail) throw new Error('no') }`;
  const instance = await run(
    { resources: rules, functions: { First: code, Second: code } },
    { mail: false, ...options },
  );
  started.push(instance);
  return instance;
}

const rule = (ScheduleExpression: string, ...events: object[]) => ({
  Type: 'AWS::Events::Rule',
  Properties: {
    ScheduleExpression,
    State: 'ENABLED',
    Targets: events.map((event, index) => ({
      Id: `Target${index}`,
      Arn: { 'Fn::GetAtt': [['First', 'Second'][index], 'Arn'] },
      Input: JSON.stringify(event),
    })),
  },
});

const events = ({ log }: Running) =>
  log
    .filter(({ stream }) => stream === 'stdout')
    .map(({ source, message }) => [source.replace('Shop-', ''), JSON.parse(message)]);

describe('a rule', () => {
  it('runs when asked to, each target with its input', async () => {
    const instance = await start({ Hourly: rule('rate(1 hour)', { a: 1 }, { b: 2 }) });
    expect(events(instance)).toEqual([]);
    await instance.runSchedules();
    await eventually(() => events(instance).length === 2 || undefined);
    expect(events(instance)).toEqual([
      ['First', { a: 1 }],
      ['Second', { b: 2 }],
    ]);
  });

  it('that fell due while the instance was down runs at its next start, by the instance’s clock, and then no more', async () => {
    const rules = { Hourly: rule('rate(1 hour)', { hourly: true }), Daily: rule('rate(2 days)', { daily: true }) };
    const first = await start(rules, { clock: '2011-10-15T09:59:57Z' });
    await first.stop();
    const second = await start(rules, { dataDir: first.dataDir, clock: '2011-10-15T11:30:00Z' });
    await eventually(() => events(second).length > 0 || undefined);
    expect(events(second)).toEqual([['First', { hourly: true }]]);
    await second.stop();
    const third = await start(rules, { dataDir: first.dataDir, clock: '2011-10-15T11:31:00Z' });
    await third.idle();
    expect(events(third)).toEqual([]);
  });

  it('whose clock was set back does not wait until it has caught up', async () => {
    const rules = { Hourly: rule('rate(1 hour)', { hourly: true }) };
    const first = await start(rules, { clock: '2011-10-15T10:00:00Z' });
    await first.stop();
    const second = await start(rules, { dataDir: first.dataDir, clock: '2010-10-15T10:00:00Z' });
    await second.stop();
    const third = await start(rules, { dataDir: first.dataDir, clock: '2010-10-15T11:30:00Z' });
    await eventually(() => events(third).length > 0 || undefined);
  });

  it('does not make up for time that a moved clock left out', async () => {
    const rules = { Hourly: rule('rate(1 hour)', { hourly: true }) };
    const first = await start(rules, { clock: '2011-10-15T10:00:00Z' });
    first.moveClock('2011-11-07T09:00:00Z');
    await first.stop();
    const startAgain = async (clock: string) => {
      const again = await start(rules, { dataDir: first.dataDir, clock });
      await again.idle();
      await again.stop();
      return events(again);
    };
    expect(await startAgain('2011-11-07T09:30:00Z')).toEqual([]);
    expect(await startAgain('2011-11-07T10:00:30Z')).toEqual([['First', { hourly: true }]]);
  });

  it('with a target that fails has it tried three times, runs the next, and tells who ran it', async () => {
    const instance = await start({ Hourly: rule('rate(1 hour)', { fail: true }, { b: 2 }) });
    await expect(instance.runSchedules()).rejects.toThrow(/^Hourly: Shop-First failed: .*"errorMessage":"no"/);
    await eventually(() => events(instance).length === 4 || undefined);
    expect(events(instance)).toEqual([...Array(3).fill(['First', { fail: true }]), ['Second', { b: 2 }]]);
  });

  it.each(['rate(0 hours)', 'every hour', 'cron(0 9 * * ? *)'])('of %s is refused', async (expression) => {
    await expect(start({ Hourly: rule(expression, {}) })).rejects.toThrow(
      'Hourly (AWS::Events::Rule) Properties.ScheduleExpression: only rate(…) is emulated',
    );
  });

  it('for a function that is not there is refused', async () => {
    const { Properties } = rule('rate(1 hour)', {});
    const Targets = [{ Id: 'a', Arn: 'arn:aws:lambda:eu-west-2:000000000000:function:Other', Input: '{}' }];
    await expect(
      start({ Hourly: { Type: 'AWS::Events::Rule', Properties: { ...Properties, Targets } } }),
    ).rejects.toThrow(/is not a function of this template \(known: First, Second\)/);
  });
});
