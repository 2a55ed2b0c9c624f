import type { Logger } from '@aws-lambda-powertools/logger';
import type { SNSClient } from '@aws-sdk/client-sns';
import type { DeployedSmallNumbers } from '../domain/authority.ts';
import type { Assets } from '../pages/assets.ts';
import type { Database } from '../store/database.ts';

/** What every page is made with. */
export interface DashboardDependencies {
  readonly database: Database<'baselines' | 'submissions' | 'alerts' | 'access'>;
  /** Made when it is first needed: most visits do not need it, and loading it takes time that they would wait for. */
  readonly sns: () => Promise<SNSClient>;
  readonly topicArn: string;
  readonly assets: Assets;
  /** Whom people write to about accessibility and privacy; undefined where nobody was named. */
  readonly contact: string | undefined;
  readonly smallNumbers: DeployedSmallNumbers;
  /** Names the settings of the council's own sign-in; undefined where there is none. */
  readonly council: string | undefined;
  readonly now: () => Date;
  readonly logger: Logger;
}
