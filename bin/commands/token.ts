import type { Command } from 'commander';
import * as z from 'zod';
import { isExpired, SCOPES, type Scope } from '../../functions/domain/access.ts';
import { AuthorityIdSchema } from '../../functions/domain/identifiers.ts';
import { createToken, listTokens, MAX_TOKEN_DAYS, revokeToken } from '../../functions/services/tokens.ts';
import type { Database } from '../../functions/store/database.ts';
import { type Deployment, type DeploymentOptions, openDeployment, withDeploymentOptions } from './deployment.ts';
import { askFirst, numberFrom, showList, showOne, tell, YES } from './output.ts';
import { PROGRAM, UsageError } from './setting.ts';

const DAY_S = 24 * 60 * 60;

/** Commands for tokens. They go to the table directly: who may do that is for AWS, or for this machine, to say. */
export function addToken(program: Command): void {
  const token = program.command('token').description('Makes, lists and revokes tokens.');

  withDeploymentOptions(token.command('create'))
    .description('Makes a token and shows it, once.')
    .requiredOption('--label <label>', 'who or what it is for')
    .option('--scopes <scopes>', `what it allows, of ${SCOPES.join(',')}`, 'read')
    .option('--for <authority>', 'the authority it is for; * for all', 'herefordshire')
    .option('--days <days>', `how long it is valid, at most ${MAX_TOKEN_DAYS}`, numberFrom, 90)
    .addHelpText(
      'after',
      `
Examples:
  ${PROGRAM} token create --label "analyst" --scopes read,submit
  ${PROGRAM} token create --label "analyst" --scopes read,submit --stack InspectionMonitor`,
    )
    .action(async (options: DeploymentOptions & { label: string; scopes: string; for: string; days: number }) => {
      const scopes = scopesIn(options.scopes);
      if (options.for !== '*' && !AuthorityIdSchema.safeParse(options.for).success)
        throw new UsageError(`--for ${options.for}: an authority is written like "herefordshire"`);
      if (!(options.days > 0 && options.days <= MAX_TOKEN_DAYS))
        throw new UsageError(`--days ${options.days}: more than 0 and at most ${MAX_TOKEN_DAYS}`);
      const { database, now } = await accessOf(options);
      const expires = Math.floor(now.getTime() / 1000 + options.days * DAY_S);
      const made = await createToken(database, { scopes, authority: options.for, label: options.label, expires });
      const until = new Date(expires * 1000).toISOString();
      showOne(
        [made, '', `Allows ${scopes.join(', ')} for ${options.for} until ${until}.`, 'It cannot be shown again.'],
        { token: made, scopes, authority: options.for, label: options.label, expires: until },
      );
    });

  withDeploymentOptions(token.command('list'))
    .description('Lists the tokens by id and label, never the tokens themselves.')
    .action(async (options: DeploymentOptions) => {
      const { database, now } = await accessOf(options);
      const { tokens: listed, unreadable } = await listTokens(database);
      for (const id of unreadable)
        tell(`The token ${id} cannot be read and allows nothing. To remove it: ${PROGRAM} token revoke ${id}`);
      const tokens = listed.map(({ expires, ...token }) => ({
        ...token,
        expires: new Date(expires * 1000).toISOString(),
        state: isExpired({ ...token, expires }, now) ? 'expired' : 'valid',
      }));
      showList(
        tokens,
        {
          id: ({ id }) => id,
          label: ({ label }) => label,
          for: ({ authority }) => authority,
          scopes: ({ scopes }) => scopes.join(','),
          expires: ({ expires }) => expires,
          state: ({ state }) => state,
        },
        { tokens, unreadable },
        'There is no token.',
      );
    });

  withDeploymentOptions(token.command('revoke').argument('<id>', 'as "token list" shows it'))
    .description('Revokes a token: its next request is refused.')
    .option('--yes', YES)
    .action(async (id: string, options: DeploymentOptions & { yes?: true }) => {
      const { database } = await accessOf(options);
      await askFirst(`Revoke ${id}? Whatever uses it will be refused from now on.`, options.yes);
      await revokeToken(database, id);
      showOne([`The token ${id} is revoked.`], { id, revoked: true });
    });
}

function scopesIn(text: string): Scope[] {
  const scopes = z
    .array(z.enum(SCOPES))
    .min(1)
    .safeParse(text.split(',').map((scope) => scope.trim()));
  if (!scopes.success) throw new UsageError(`--scopes ${text}: a list of ${SCOPES.join(', ')}, with commas`);
  return [...new Set(scopes.data)];
}

async function accessOf(
  options: DeploymentOptions,
): Promise<{ database: Database<'access'> } & Pick<Deployment, 'now'>> {
  const { client, output, now } = await openDeployment(options);
  return { database: { client, tables: { access: output('AccessTable') } }, now };
}
