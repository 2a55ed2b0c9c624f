import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import { launch, stopOnSignal } from '../local/launch.ts';

type Context = Readonly<Record<string, unknown>>;

const { port, inboxPort, data, fresh, clock, context, json } = new Command('npm start --')
  .description('Runs the whole service on this machine: API, judging, and an inbox for the e-mails.')
  .option('--port <port>', 'port of the API and the page; 0 for any free one', portNumber, 3000)
  .option('--inbox-port <port>', 'port of the inbox; 0 for any free one', portNumber, 1080)
  .option('--data <folder>', 'where everything is kept, readable by you alone', '.data')
  .option('--fresh', 'start with nothing: removes what was kept')
  .option(
    '--clock <date>',
    'pretend that it starts on this date (yyyy-mm-dd) or at this instant; the clock of a folder never goes back',
    instant,
  )
  .option(
    '-c, --context <name=value>',
    'a setting, as for a deployment (docs/deployment.md); can be repeated',
    setting,
    {},
  )
  .option('--json', 'print one line of JSON once requests are served')
  .parse()
  .opts<{
    port: number;
    inboxPort: number;
    data: string;
    fresh?: true;
    clock?: string;
    context: Context;
    json?: true;
  }>();

try {
  const service = await launch({
    dataDir: data,
    apiPort: port,
    inboxPort,
    fresh: fresh === true,
    forwardOnly: true,
    context: { ...contextOfProject(), ...context },
    ...(clock === undefined ? {} : { clock }),
  });
  // From before it is announced: whoever reads that may stop it at once.
  const stopped = stopOnSignal(() => service.stop());
  const { api, inbox, page, token } = service;
  if (json) console.log(JSON.stringify({ api, inbox, page, token }));
  else
    console.log(`inspection-monitor is running. Ctrl-C stops it; what it has taken in stays in ${data}.

  API    ${api}
  Inbox  ${inbox}
  Page   ${page}
  Token  ${token}

In another terminal:

  ${toSet({ MONITOR_URL: api, MONITOR_TOKEN: token })}
  npm run monitor -- submit seed/examples/herefordshire-published-2016-2025.csv
  npm run monitor -- alerts`);
  await stopped;
  // Whatever still holds a connection, such as a mail server that does not answer, must not hold this process.
  process.exit();
} catch (error) {
  console.error(`inspection-monitor could not start: ${(error as Error).message}`);
  process.exitCode = 1;
}

function portNumber(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new InvalidArgumentError('A port is a whole number from 0 to 65535.');
  return port;
}

function setting(text: string, others: Context): Context {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined) throw new InvalidArgumentError('Write a setting as name=value.');
  return { ...others, [name]: value };
}

/** What a deployment takes without being told. */
function contextOfProject(): Context {
  return JSON.parse(readFileSync(new URL('../cdk.json', import.meta.url), 'utf8')).context ?? {};
}

function instant(text: string): string {
  if (!/^\d{4}-\d{2}-\d{2}/.test(text) || Number.isNaN(Date.parse(text)))
    throw new InvalidArgumentError('Write it as yyyy-mm-dd or as an ISO instant.');
  return text;
}

/** The line that sets environment variables: in PowerShell on Windows, in a shell elsewhere. */
function toSet(variables: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(variables);
  return process.platform === 'win32'
    ? pairs.map(([name, value]) => `$env:${name}='${value}'`).join('; ')
    : `export ${pairs.map(([name, value]) => `${name}=${value}`).join(' ')}`;
}
