import { RemovalPolicy } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { TABLES, type TableDefinition, type TableName } from '../functions/store/keys.ts';
import type { ServiceFunction } from './service-function.ts';

/** What a function may be allowed on a table. A transaction needs the actions of its parts, and none of its own. */
export type TableAction = `dynamodb:${
  | 'GetItem'
  | 'BatchGetItem'
  | 'Query'
  | 'PutItem'
  | 'UpdateItem'
  | 'DeleteItem'
  | 'ConditionCheckItem'}`;

/** The names of a table's indexes. */
export type IndexName<Name extends TableName> = keyof (typeof TABLES)[Name]['indexes'] & string;

const names = Object.keys(TABLES) as TableName[];
const capitalized = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);
const string = (name: string): dynamodb.Attribute => ({ name, type: dynamodb.AttributeType.STRING });

/**
 * The tables of `functions/store/keys.ts`. Encrypted under the account's AWS-managed key: each use of it is in CloudTrail
 * and no function needs a permission for it. A key of one's own would keep no one out who may read the table.
 */
export class Tables extends Construct {
  readonly all: Readonly<Record<TableName, dynamodb.Table>>;

  constructor(scope: Construct, id: string, props: { readonly retain: boolean }) {
    super(scope, id);
    this.all = Object.fromEntries(
      names.map((name) => [name, this.table(capitalized(name), TABLES[name], props.retain)]),
    ) as Record<TableName, dynamodb.Table>;
  }

  /** Lets a function do these things to one table, and tells it the table's name. */
  grant(to: ServiceFunction, name: TableName, actions: readonly TableAction[]): void {
    to.allow(actions, this.all[name].tableArn);
    this.tell(to, name);
  }

  /** Lets a function query one index of a table, or read all of it (the table itself needs `grant`), and tells it the table's name. */
  grantIndex<Name extends TableName>(
    to: ServiceFunction,
    name: Name,
    index: IndexName<Name>,
    action: 'dynamodb:Query' | 'dynamodb:Scan' = 'dynamodb:Query',
  ): void {
    to.allow([action], `${this.all[name].tableArn}/index/${index}`);
    this.tell(to, name);
  }

  private tell(to: ServiceFunction, name: TableName): void {
    to.tell(`${name.toUpperCase() as Uppercase<TableName>}_TABLE`, this.all[name].tableName);
  }

  private table(id: string, definition: TableDefinition, retain: boolean): dynamodb.Table {
    const table = new dynamodb.Table(this, id, {
      partitionKey: string(definition.partitionKey),
      ...(definition.sortKey && { sortKey: string(definition.sortKey) }),
      ...(definition.timeToLive && { timeToLiveAttribute: definition.timeToLive }),
      // Readers of a stream look everything up again, so that a stream record only needs to say where.
      ...(definition.stream && { stream: dynamodb.StreamViewType.KEYS_ONLY }),
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
      encryption: dynamodb.TableEncryption.AWS_MANAGED,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: retain,
      removalPolicy: retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    for (const [indexName, index] of Object.entries(definition.indexes)) {
      table.addGlobalSecondaryIndex({
        indexName,
        partitionKey: string(index.partitionKey),
        sortKey: string(index.sortKey),
        projectionType: dynamodb.ProjectionType.KEYS_ONLY,
      });
    }
    return table;
  }
}
