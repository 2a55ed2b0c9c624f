import { join } from 'node:path';
import { Logger } from '@aws-lambda-powertools/logger';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { CouncilSchema } from './domain/council.ts';
import { nothingThere } from './http/handler.ts';
import { COUNCIL_PAGES } from './http/routes.ts';
import { type Assets, readAssets } from './pages/assets.ts';
import { councilRefusal } from './pages/council.ts';
import { redirect } from './pages/respond.ts';
import { pageHandler } from './pages/serve.ts';
import { attemptCookie, attemptOf, endedAttempt, pathAfterSignIn, sessionCookie } from './pages/session.ts';
import { readEnvironment } from './runtime/environment.ts';
import { describeFailure } from './runtime/failure.ts';
import { openDatabase } from './runtime/open-database.ts';
import {
  ATTEMPT_MINUTES,
  type CouncilDependencies,
  CouncilSignInError,
  createCouncilSignIn,
} from './services/council.ts';
import { settingsId } from './services/sessions.ts';

/**
 * The way to the council's own sign-in and back. A function of its own, where a deployment has such a sign-in: nothing of it is
 * loaded with the pages, and nothing but it may read the secret.
 */
export interface OpenidDependencies extends CouncilDependencies {
  readonly assets: Assets;
  readonly logger: Logger;
}

export function createHandler({ assets, logger, ...dependencies }: OpenidDependencies) {
  const council = createCouncilSignIn(dependencies);

  /** Tells whoever is not signed in why, and the log the rest of it. */
  async function tried<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (!(error instanceof CouncilSignInError)) throw error;
      const refusal = councilRefusal(error.fault);
      const fields = { fault: error.fault, failure: describeFailure(error) };
      if (refusal.status >= 500) logger.warn('council sign-in failed', fields);
      else logger.info('council sign-in failed', fields);
      throw refusal;
    }
  }

  return pageHandler(
    COUNCIL_PAGES,
    {
      'GET /sign-in/council': async ({ event, query }) => {
        const { location, attempt } = await tried(council.begin(returnAddress(event), pathAfterSignIn(query.to)));
        return redirect(location, [attemptCookie(event, attempt, ATTEMPT_MINUTES * 60)]);
      },
      'GET /sign-in/council/return': async ({ event }) => {
        const url = new URL(`${returnAddress(event)}?${event.rawQueryString}`);
        const { cookie, session, to } = await tried(council.finish(attemptOf(event) ?? '', url));
        const expires = Math.floor(Date.parse(session.expires) / 1000);
        return redirect(pathAfterSignIn(to), [
          sessionCookie(event, cookie, expires, dependencies.now()),
          endedAttempt(event),
        ]);
      },
    },
    // Neither page asks who is there.
    { grantOf: async () => undefined, nameOf: async () => undefined, nothingThere, assets, logger },
  );
}

/** API Gateway answers under no other host than its own; on one machine, no page of another origin comes this far. */
const returnAddress = ({ headers }: APIGatewayProxyEventV2): string =>
  `${headers['x-forwarded-proto']}://${headers.host}/sign-in/council/return`;

const { COUNCIL_SIGN_IN = '' } = readEnvironment('COUNCIL_SIGN_IN');
const council = CouncilSchema.parse(JSON.parse(COUNCIL_SIGN_IN));
const ssm = new SSMClient({ maxAttempts: 2, requestHandler: { connectionTimeout: 1000, requestTimeout: 2000 } });

export const handler = createHandler({
  council,
  settings: settingsId(COUNCIL_SIGN_IN),
  secretOf: async () => {
    const { Parameter } = await ssm.send(
      new GetParameterCommand({ Name: council.secretParameter, WithDecryption: true }),
    );
    // Whoever pastes a secret, or takes it from a file, often adds the end of its line.
    return (Parameter?.Value ?? '').trim();
  },
  database: openDatabase('access'),
  assets: readAssets(join(process.env.LAMBDA_TASK_ROOT ?? '.', 'assets')),
  now: () => new Date(),
  logger: new Logger({ serviceName: 'openid' }),
});
