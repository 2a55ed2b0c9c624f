import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addMonths } from '../../functions/domain/period.ts';
import { HEREFORDSHIRE } from '../support/build.ts';
import { type Service, startService } from '../support/service.ts';

const PROGRAM = fileURLToPath(new URL('../../bin/monitor.ts', import.meta.url));

let service: Service;
const folder = mkdtempSync(join(tmpdir(), 'monitor-test-'));
beforeAll(async () => {
  service = await startService();
});
afterAll(async () => {
  await service.end();
  rmSync(folder, { recursive: true });
});

interface Run {
  readonly code: number;
  readonly out: string;
  readonly error: string;
  /** What was on standard output, which is a pipe here. */
  readonly json: any;
}

function monitor(args: readonly string[], environment: Record<string, string | undefined> = {}): Promise<Run> {
  const env = { PATH: process.env.PATH, MONITOR_URL: service.api, MONITOR_TOKEN: service.token, ...environment };
  return new Promise((resolve) =>
    execFile(process.execPath, [PROGRAM, ...args], { env: env as NodeJS.ProcessEnv }, (failure, out, error) => {
      const json = out.startsWith('{') ? JSON.parse(out) : undefined;
      resolve({ code: failure ? Number(failure.code) : 0, out, error, json });
    }),
  );
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const HEADER = 'period,metric,numerator,denominator,count,value,status\n';

describe('an option that means nothing to its command', () => {
  test.each([
    [['--authority', 'leeds', 'token', 'create', '--label', 'x'], '"token create" takes no --authority'],
    [['--token', 'imt_x', 'token', 'list'], '"token list" takes no --token'],
    [['--authority', 'leeds', 'import', 'file.json'], '"import" takes no --authority'],
    [['--url', 'http://127.0.0.1:1', 'rebuild'], '"rebuild" takes no --url'],
    [['--authority', 'leeds', 'analyse', 'file.csv'], '"analyse" takes no --authority'],
    [['hourly', '--stack', 'A', '--data', 'b'], '--data and --stack exclude each other: give one of them'],
    [['hourly', '--region', 'eu-west-2'], '--region needs --stack'],
  ])('%j is refused', async (args, said) => {
    const { code, error } = await monitor(args);
    expect([code, error]).toEqual([2, expect.stringContaining(said)]);
  });
});

describe('the command line', () => {
  test('hands in a file, shows what came of it, corrects it on demand and takes it back', async () => {
    const figures = file('figures.csv', `${HEADER}2011-07,referral-backlog,,,5,,\n2011-08,referral-backlog,,,12,,\n`);
    const submitted = await monitor(['submit', figures]);
    expect([submitted.code, submitted.json.submissions.map(({ outcome }: any) => outcome)]).toEqual([
      0,
      ['accepted', 'accepted'],
    ]);
    await service.idle();
    expect((await monitor(['status'])).json).toMatchObject({
      latestPeriod: '2011-08',
      alerts: { critical: 1 },
      lastNotice: { number: 1 },
    });
    expect((await monitor(['alerts'])).json.alerts[0]).toMatchObject({ alert: 'referral-backlog', level: 'critical' });

    const corrected = file('corrected.csv', 'period,referral-backlog.count\n2011-08,0\n');
    const refused = await monitor(['submit', corrected]);
    expect([refused.code, refused.out]).toEqual([1, '']);
    expect(refused.error).toContain(
      'line 2, referral-backlog.count: August 2011 has 12 for Referral backlog, which would become 0',
    );
    expect(refused.error).toContain('--revise');
    expect((await monitor(['submit', '--revise', corrected])).json.submissions[0]).toMatchObject({
      outcome: 'revised',
      revision: 2,
    });
    expect((await monitor(['retract', '2011-07'])).json).toMatchObject({ period: '2011-07', retracted: true });
    expect((await monitor(['months'])).json.submissions.map(({ period, revision }: any) => [period, revision])).toEqual(
      [
        ['2011-07', 2],
        ['2011-08', 2],
      ],
    );
    expect((await monitor(['revisions', '2011-08'])).json.revisions).toHaveLength(2);
    expect((await monitor(['figures'])).out).toBe(
      'period,metric,numerator,denominator,count,value,status,commentary\r\n2011-08,referral-backlog,,,0,,final,\r\n',
    );
  });

  test('corrects one figure, named as people name it, and leaves the others', async () => {
    await monitor([
      'submit',
      file('c.csv', `${HEADER}2010-03,conferences-on-time,4,15,,,\n2010-03,referral-backlog,,,7,,\n`),
    ]);
    const corrected = await monitor(['correct', '2010-03', 'ICPC', '14/15', '--reason', 'a typing error']);
    expect(corrected.json).toMatchObject({
      revision: 2,
      reason: 'a typing error',
      observations: { 'conferences-on-time': { numerator: 14, denominator: 15 }, 'referral-backlog': { count: 7 } },
    });
    expect(
      (await monitor(['correct', '2010-03', 'Referral backlog', 'none', '--reason', 'of another month'])).json
        .observations,
    ).toEqual({
      'conferences-on-time': { numerator: 14, denominator: 15 },
    });
    expect((await monitor(['name', 'add', 'Front door queue', 'Referral backlog'])).json.metric).toBe(
      'referral-backlog',
    );
    const receipt = await monitor(['receipt']);
    expect(receipt.json.months).toMatchObject([{ period: '2010-03', revision: 3, outcome: 'revised' }]);
    const first = await monitor(['receipt', 'March 2010', '--revision', '1']);
    expect(first.json.months).toMatchObject([{ period: '2010-03', revision: 1, outcome: 'accepted' }]);
    expect(await monitor(['receipt', '2010-03', '--revision', '9'])).toMatchObject({
      code: 2,
      error: 'March 2010 has no revision 9; it has 3\n',
    });
    const own = await monitor(['correct', 'Mar 2010', 'front-door queue', '5']);
    expect(own.json.observations['referral-backlog']).toEqual({ count: 5 });
    expect((await monitor(['name', 'remove', 'FRONT DOOR QUEUE'])).code).toBe(0);
    expect((await monitor(['name'])).json.names).toEqual([]);
    const wrong = await monitor(['correct', '2010-03', 'referral-backlog', '14/15']);
    expect([wrong.code, wrong.error]).toEqual([
      2,
      '"14/15" is not a figure for Referral backlog: it is a count, such as 12\n',
    ]);
    const unknown = await monitor(['correct', '2010-03', 'referal-backlog', '1']);
    expect([unknown.code, unknown.error]).toEqual([2, expect.stringContaining('the nearest is "referral-backlog"')]);
  });

  test('writes a workbook to fill in, which sent back as it is changes nothing', async () => {
    await monitor([
      'submit',
      file('t.csv', `${HEADER}2010-05,conferences-on-time,4,15,,,\n2010-05,referral-backlog,,,7,,\n`),
    ]);
    const path = `/v1/authorities/herefordshire/template.xlsx?from=2010-04&to=2010-06`;
    const { bytes } = await service.client.request('GET', path);
    writeFileSync(join(folder, 't.xlsx'), bytes);
    const sent = await monitor(['submit', join(folder, 't.xlsx')]);
    expect(sent.json.submissions).toEqual([{ period: '2010-05', outcome: 'unchanged', revision: 1 }]);
    const tooLong = await monitor(['template', '--from', '2001-01', '--to', '2010-06']);
    expect([tooLong.code, tooLong.error]).toEqual([1, expect.stringContaining('a template has 1 to 48')]);
  });

  test('names the faults of a file by line and column, whether the file or the service knows them', async () => {
    const unreadable = file('a.csv', `${HEADER}2011-13,referal-backlog,,,x,,\n2011-06,conferences-on-time,5,4,,,\n`);
    const named = await monitor(['submit', unreadable]);
    expect([named.code, named.error]).toEqual([
      1,
      expect.stringMatching(
        /nothing was sent\n {2}line 2, period: .*\n {2}line 2, count: "x" is no figure.*\n {2}line 2, metric: .* nearest is "Referral backlog"\n {2}line 3, numerator: .*\n$/,
      ),
    ]);
    // What can be told without the service is.
    const alone = await monitor(['submit', unreadable, '--token', 'imt_wrong']);
    expect([alone.code, alone.error]).toEqual([1, expect.stringMatching(/count: "x" is no figure.*\n$/)]);
    const unknown = await monitor(['submit', file('b.csv', `${HEADER}2011-06,referal-backlog,,,1,,\n`)]);
    expect([unknown.code, unknown.error]).toEqual([
      1,
      expect.stringContaining(
        'line 2, metric: no metric is called "referal-backlog"; the nearest is "Referral backlog"',
      ),
    ]);
    const latin = file('c.csv', '');
    writeFileSync(latin, Buffer.from(`${HEADER}2011-06,caf\xe9,,,1,,\n`, 'latin1'));
    expect((await monitor(['submit', latin])).error).toContain('UTF-8');
  });

  test('sends a file of more than 48 months in parts, after looking through all of it, and goes on where it was', async () => {
    const lines = Array.from(
      { length: 100 },
      (_, index) => `${addMonths('2000-01', index)},referral-backlog,,,${index},,\n`,
    );
    const broken = await monitor(['submit', file('long.csv', `${HEADER}${lines.join('')}2009-01,nothing,,,1,,\n`)]);
    expect([broken.code, broken.error]).toEqual([
      1,
      expect.stringContaining('line 102, metric: no metric is called "nothing"'),
    ]);
    expect((await monitor(['months', '--to', '2009-12'])).json.submissions).toEqual([]);
    await monitor(['submit', file('first.csv', `${HEADER}${lines.slice(0, 60).join('')}`)]);
    const whole = await monitor(['submit', file('whole.csv', `${HEADER}${lines.join('')}`)]);
    expect(whole.error).toContain(
      '48 of 100 months are accepted\n96 of 100 months are accepted\n100 of 100 months are accepted',
    );
    const outcomes = whole.json.submissions.map(({ outcome }: any) => outcome);
    expect([outcomes.filter((one: string) => one === 'unchanged').length, outcomes.length]).toEqual([60, 100]);
  });

  test('decides: standards, backtests, who has what in hand, actions, recipients', async () => {
    const who = ['--reason', 'Plan', '--author', 'J. Smith'];
    await monitor([
      'submit',
      file('d.csv', `${HEADER}2011-09,average-caseload,,,,17,\n2011-09,referral-backlog,,,7,,\n`),
    ]);
    await service.idle();
    expect((await monitor(['backtest', 'average-caseload', '--value', '15'])).json).toMatchObject({
      asIs: { episodes: 0 },
      asChanged: { episodes: 1, first: '2011-09' },
    });
    expect(
      (await monitor(['standard', 'average-caseload', '--from', '2011-04', '--value', '15', '--m-of-n', '3/4', ...who]))
        .json,
    ).toMatchObject({
      version: 1,
      value: 15,
      mOfN: { m: 3, n: 4, missing: 'ignore' },
      basis: 'council',
    });
    const ended = await monitor(['standard', 'average-caseload', '--from', '2011-09', '--value', 'none', ...who]);
    expect(ended.json).toMatchObject({ version: 2, value: null, from: '2011-09' });
    const until = async (after: string) =>
      (await monitor(['metric', 'end', 'average-caseload', '--after', after, '--yes', ...who])).json.until;
    expect([await until('2011-08'), await until('none')]).toEqual(['2011-08', undefined]);
    const since = ['standard', 'health-checks', '--from', '2010-10', '--comparable', '87%', ...who];
    expect((await monitor(since)).error).toContain('comparable goes with rebaseDates');
    expect((await monitor([...since, '--rebase', '2010-12-01'])).json).toMatchObject({
      rebaseDates: ['2010-12-01'],
      comparable: 87,
    });
    const confirmed = await monitor([
      'standard',
      'health-checks',
      '--confirm',
      '--reason',
      'agreed',
      '--author',
      'A. Jones',
    ]);
    expect(confirmed.json).toMatchObject({ value: 85, from: '2010-10', basis: 'council' });
    expect(
      (await monitor(['acknowledge', 'Referral backlog', '--author', 'A. Jones', '--note', 'In hand'])).json
        .acknowledgement.author,
    ).toBe('A. Jones');
    expect(
      (await monitor(['progress', 'A1', '--state', 'completed', '--evidence', 'Audit', '--author', 'A. Jones'])).json
        .state,
    ).toBe('completed');
    expect((await monitor(['actions'])).json.actions[0]).toMatchObject({ id: 'A1', state: 'completed' });
    expect((await monitor(['metric', 'Average caseload', '--from', 'September 2011'])).json.series).toHaveLength(1);
    expect((await monitor(['recipients', 'add', 'chair@example.org', '--level', 'critical'])).json).toMatchObject({
      state: 'pending',
      level: 'critical',
    });
    const { recipients } = (await monitor(['recipients'])).json;
    expect(recipients).toHaveLength(2);
    const director = recipients.find(({ state }: any) => state === 'confirmed');
    expect((await monitor(['recipients', 'test', director.id])).code).toBe(0);
    expect((await monitor(['recipients', 'remove', director.id])).code).toBe(0);
    expect((await monitor(['recipients', 'list'])).json.recipients).toHaveLength(1);
    for (const [command, list] of [
      ['metrics', 'metrics'],
      ['inspection', 'judgements'],
      ['notices', 'notices'],
    ])
      expect((await monitor([command as string])).json[list as string].length).toBeGreaterThan(0);
  });

  test('asks beside the answer what of a file, or of one figure, can hardly be right', async () => {
    const caseloads = ['2003-01,17', '2003-02,18', '2003-03,17', '2003-04,1700'];
    const figures = file('caseload.csv', ['period,average-caseload.value', ...caseloads].join('\n'));
    const submitted = await monitor(['submit', figures]);
    expect([submitted.code, submitted.json.submissions[3].questions]).toEqual([0, [expect.any(String)]]);
    expect(submitted.error).toMatch(
      /^Please check: Average caseload: 1,?700 .* in April 2003 is 100 times what is usual/,
    );
    const corrected = await monitor(['correct', '2003-04', 'average-caseload', '1800']);
    expect(corrected.json.questions).toEqual([expect.stringContaining('100 times what is usual')]);
    expect((await monitor(['correct', '2003-04', 'average-caseload', '18'])).json).not.toHaveProperty('questions');
  });

  test('changes the settings of a council, closes it and opens it again; "default" goes back', async () => {
    const who = ['--reason', 'cabinet', '--author', 'Director'];
    const set = ['authority', 'set', '--name', 'County of Hereford', '--due-working-day', '12'];
    expect((await monitor([...set, ...who])).json).toMatchObject({ name: 'County of Hereford', dueWorkingDay: 12 });
    expect((await monitor(['authority', 'set', '--name', 'default', ...who])).json).toMatchObject({
      ...{ name: 'Herefordshire', dueWorkingDay: 12 },
      settings: [{ name: 'County of Hereford' }, { author: 'Director', reason: 'cabinet' }],
    });
    const nothing = await monitor(['authority', 'set', ...who]);
    expect([nothing.code, nothing.error]).toEqual([2, expect.stringContaining('name what changes')]);
    expect((await monitor(['authority', 'close', ...who])).json.closed).toBe(true);
    expect((await monitor(['status'])).json.closed).toBe(true);
    const refused = await monitor(['standard', 'average-caseload', '--from', '2011-04', '--value', '15', ...who]);
    expect([refused.code, refused.error]).toEqual([1, expect.stringContaining('monitor authority reopen')]);
    expect((await monitor(['authority', 'reopen', ...who])).json.closed).toBe(false);
    const day = ['authority', 'set', '--due-working-day', 'default', ...who];
    expect((await monitor(day)).json).toMatchObject({ closed: false, dueWorkingDay: 10 });
  });

  test('makes, lists and revokes tokens of the instance on this machine', async () => {
    const place = ['--data', service.dataDir];
    const { token, scopes, expires } = (
      await monitor(['token', 'create', '--label', 'analyst', '--scopes', 'read,submit', ...place])
    ).json;
    expect([scopes, expires.slice(0, 10)]).toEqual([['read', 'submit'], '2012-01-13']);
    expect((await monitor(['status'], { MONITOR_TOKEN: token })).code).toBe(0);
    expect((await monitor(['recipients'], { MONITOR_TOKEN: token })).error).toContain('scope "manage"');
    const { json: listed, out } = await monitor(['token', 'list', ...place]);
    expect(out).not.toContain(token);
    const { id } = listed.tokens.find(({ label }: any) => label === 'analyst');
    expect((await monitor(['token', 'revoke', id, ...place])).code).toBe(0);
    const refused = await monitor(['status'], { MONITOR_TOKEN: token });
    expect([refused.code, refused.error]).toEqual([1, expect.stringContaining('token create')]);
  });
});

test("makes a token of a deployed instance, found by its stack with the caller's own credentials", async () => {
  const asked: string[] = [];
  const cloudFormation = createServer((request, response) => {
    request.on('data', (chunk) => asked.push(String(chunk)));
    request.on('end', () => {
      const output = `<OutputKey>AccessTable</OutputKey><OutputValue>${service.resources.outputs.AccessTable}</OutputValue>`;
      response.setHeader('content-type', 'text/xml');
      response.end(
        `<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult><Stacks><member><StackName>Ours</StackName><CreationTime>2026-01-01T00:00:00Z</CreationTime><StackStatus>CREATE_COMPLETE</StackStatus><Outputs><member>${output}</member></Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`,
      );
    });
  });
  await new Promise<void>((resolve) => cloudFormation.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = cloudFormation.address() as AddressInfo;
    const { code, json, error } = await monitor(
      ['token', 'create', '--label', 'deployed', '--stack', 'Ours', '--region', 'eu-west-2'],
      {
        AWS_ENDPOINT_URL_CLOUDFORMATION: `http://127.0.0.1:${port}`,
        AWS_ENDPOINT_URL_DYNAMODB: service.endpoints.dynamodb,
        AWS_ACCESS_KEY_ID: 'caller',
        AWS_SECRET_ACCESS_KEY: 'secret',
        AWS_SESSION_TOKEN: service.credentials.sessionToken,
      },
    );
    expect([code, error]).toEqual([0, '']);
    expect(asked.join('')).toContain('StackName=Ours');
    expect((await monitor(['status'], { MONITOR_TOKEN: json.token })).code).toBe(0);
  } finally {
    cloudFormation.close();
  }
});

test('where it was one request too many, it says so, waits and asks again', async () => {
  let asked = 0;
  const busy = createServer(async ({ url, headers }, response) => {
    const isTooMany = ++asked === 1;
    const answer = await fetch(`${service.api}${url}`, { headers: { authorization: headers.authorization ?? '' } });
    response.setHeader('content-type', 'application/json');
    response.statusCode = isTooMany ? 429 : answer.status;
    response.end(isTooMany ? '{"message":"Too Many Requests"}' : await answer.text());
  });
  await new Promise<void>((resolve) => busy.listen(0, '127.0.0.1', resolve));
  try {
    const MONITOR_URL = `http://127.0.0.1:${(busy.address() as AddressInfo).port}`;
    const { code, error, json } = await monitor(['alerts'], { MONITOR_URL });
    expect([code, error, asked]).toEqual([0, 'Too many requests at once: trying again in 1 second.\n', 2]);
    expect(json).toEqual((await monitor(['alerts'])).json);
  } finally {
    busy.close();
  }
});

describe('what cannot be done is told by exit code and in words that help', () => {
  test.each([
    ['an unknown command', ['stauts'], {}, 2, 'Did you mean status'],
    [
      'no instance named',
      ['status'],
      { MONITOR_URL: undefined, MONITOR_TOKEN: undefined },
      2,
      'MONITOR_URL and MONITOR_TOKEN are not set',
    ],
    ['a file that is not there', ['submit', 'nothing.csv'], {}, 2, 'nothing.csv cannot be read'],
    ['an option that is none', ['alerts', '--state', 'red'], {}, 2, 'raised'],
    ['a number that is none', ['backtest', 'x', '--value', 'lots'], {}, 2, '"lots" is not a number'],
    ['nobody there', ['status'], { MONITOR_URL: 'http://127.0.0.1:9' }, 3, 'nothing answers at http://127.0.0.1:9'],
    ['a folder without an instance', ['token', 'list', '--data', 'nowhere'], {}, 2, 'no instance has run in nowhere'],
    ['another authority', ['status', '--authority', 'atlantis'], {}, 1, 'no inspection is loaded for "atlantis"'],
    ['a token that is none', ['status'], { MONITOR_TOKEN: 'x' }, 1, 'The token is wrong, revoked or expired'],
  ])('%s', async (_, args, environment, code, words) => {
    const run = await monitor(args, environment);
    expect([run.code, run.out]).toEqual([code, '']);
    expect(run.error).toContain(words);
    expect(run.error).not.toMatch(/\n\s+at /);
  });

  test('every command explains itself, and exits with 0', async () => {
    const { out, code } = await monitor(['--help']);
    expect(code).toBe(0);
    for (const words of ['submit', 'token', 'Examples:', 'Exit codes:']) expect(out).toContain(words);
    expect(out).not.toContain(service.token);
    expect((await monitor(['submit', '--help'])).out).toContain('  monitor submit --revise figures.csv');
  });
});

describe('on a terminal', () => {
  const shown = (...args: string[]) =>
    new Promise<string>((resolve) =>
      execFile(
        process.execPath,
        ['--import', 'data:text/javascript,process.stdout.isTTY = true', PROGRAM, ...args],
        { env: { PATH: process.env.PATH, MONITOR_URL: service.api, MONITOR_TOKEN: service.token } },
        (_, out, error) => resolve(out + error),
      ),
    );

  test('months, days and metrics are said as people say them, and a level is “to watch”', async () => {
    const figures = file(
      'terminal.csv',
      `${HEADER}2009-08,conferences-on-time,5,15,,,\n2009-09,closure-backlog,,,90,,\n`,
    );
    expect(await shown('submit', figures)).toMatch(/September 2009 +accepted/);
    await service.idle();
    expect(await shown('correct', 'August 2009', 'ICPC', '4/15', '--reason', 'r')).toBe(
      'Initial conferences on time, August 2009: 5 of 15 became 4 of 15 (revision 2).\n',
    );
    expect(await shown('correct', 'August 2009', 'ICPC', '16/15')).toContain(
      'Initial conferences on time, numerator: cannot be above',
    );
    await service.idle();
    const commands = [
      ...[['status'], ['alerts', '--all'], ['notices'], ['months'], ['receipt'], ['metric', 'ICPC'], ['actions']],
      ['backtest', 'ICPC', '--value', '30%', '--from', 'July 2009'],
    ];
    const said = await Promise.all(commands.map((command) => shown(...command)));
    expect(said.join('')).toMatch(/August 2009/);
    const ids = HEREFORDSHIRE.metrics.map(({ id }) => id).filter((id) => id.includes('-'));
    const odd = new RegExp(`\\b\\d{4}-\\d{2}\\b|\\b(${ids.join('|')})\\b|(?<!to )watch\\b|undefined|\\[object`, 'g');
    expect(Object.fromEntries(commands.map(([name = ''], index) => [name, said[index]?.match(odd) ?? []]))).toEqual(
      Object.fromEntries(commands.map(([name = '']) => [name, []])),
    );
  });
});
