import { type Duration, type RemovalPolicy, Validations } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Environment } from '../functions/runtime/environment.ts';
import { bundle, type FunctionName } from './bundle.ts';

export interface ServiceFunctionProps {
  readonly name: FunctionName;
  /** One sentence: what it means for the people served when this function fails. Goes into its alarms. */
  readonly whenItFails: string;
  /** In MB; CPU comes in proportion (a whole one at 1769). */
  readonly memory: number;
  /** Longer than the slowest honest run, shorter than whoever waits for the answer. */
  readonly timeout: Duration;
  readonly logRemoval: RemovalPolicy;
}

/** One Lambda with a role and a log group of its own. It may do nothing until told: see `allow` and `tell`. */
export class ServiceFunction extends Construct {
  readonly name: FunctionName;
  readonly whenItFails: string;
  readonly timeout: Duration;
  readonly function: lambda.Function;
  readonly role: iam.Role;
  readonly logGroup: logs.LogGroup;

  constructor(scope: Construct, id: string, props: ServiceFunctionProps) {
    super(scope, id);
    this.name = props.name;
    this.whenItFails = props.whenItFails;
    this.timeout = props.timeout;
    this.logGroup = new logs.LogGroup(this, 'Logs', {
      retention: logs.RetentionDays.THREE_MONTHS,
      removalPolicy: props.logRemoval,
    });
    this.role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: {
        Tracing: new iam.PolicyDocument({
          statements: [
            new iam.PolicyStatement({
              actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'],
              resources: ['*'],
            }),
          ],
        }),
      },
    });
    Validations.of(this.role.node.defaultChild as iam.CfnRole).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'X-Ray knows no resource to write to: AWS has nothing narrower than *. It is the only statement here.',
    });
    // In place of AWSLambdaBasicExecutionRole, which may write to every log group of the account.
    this.allow(['logs:CreateLogStream', 'logs:PutLogEvents'], this.logGroup.logGroupArn);
    this.function = new lambda.Function(this, 'Function', {
      description: props.whenItFails,
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      code: bundle(this, props.name),
      handler: `${props.name}.handler`,
      memorySize: props.memory,
      timeout: props.timeout,
      role: this.role,
      logGroup: this.logGroup,
      loggingFormat: lambda.LoggingFormat.JSON,
    });
    // Not through the `tracing` property: that would put its * among the permissions granted below.
    (this.function.node.defaultChild as lambda.CfnFunction).tracingConfig = { mode: lambda.Tracing.ACTIVE };
  }

  /** Permits exactly these actions on exactly these resources. */
  allow(actions: readonly string[], ...resources: string[]): void {
    this.role.addToPolicy(new iam.PolicyStatement({ actions: [...actions], resources }));
  }

  /** Permits actions for which IAM knows no resource to limit them to. */
  allowAnywhere(actions: readonly string[], reason: string): void {
    this.allow(actions, '*');
    const policy = this.role.node.findChild('DefaultPolicy').node.defaultChild as iam.CfnPolicy;
    Validations.of(policy).acknowledge({ id: 'AwsSolutions-IAM5[Resource::*]', reason });
  }

  /** Sets an environment variable; only ones that `functions/runtime/environment.ts` knows. */
  tell(name: keyof Environment, value: string): void {
    this.function.addEnvironment(name, value);
  }
}
