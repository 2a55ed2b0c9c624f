import { CustomResource, Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { Level } from '../functions/domain/lifecycle.ts';
import { readSeeds } from './seeds.ts';
import type { ServiceFunction } from './service-function.ts';

export interface InspectionLoadingProps {
  readonly by: ServiceFunction;
  readonly authority: string;
  /** Who is told when the service fails. */
  readonly operator?: string | undefined;
  /** Whom the deployment has mailed the authority's notices. */
  readonly recipient?: { readonly address: string; readonly level: Level } | undefined;
}

/** Another one has every deployment bring the recipients up to date: when how they are kept has changed. */
const RECIPIENTS_KEPT = '3';

/**
 * Loads the inspections and settles the recipients during a deployment: the first, and every one that changes a file in
 * `seed/` or whom the deployment has mailed. They are no subscriptions of the template: CloudFormation cannot put back what lapsed or
 * was removed, and a later change of it fails the deployment. Straight on the function, as CDK's `Trigger` and its provider framework would each add a function of their own.
 */
export class InspectionLoading extends Construct {
  constructor(scope: Construct, id: string, props: InspectionLoadingProps) {
    super(scope, id);
    new CustomResource(this, 'Inspection', {
      resourceType: 'Custom::Inspection',
      serviceToken: props.by.function.functionArn,
      // CloudFormation would wait an hour for an answer that does not come.
      serviceTimeout: Duration.minutes(5),
      properties: {
        authority: props.authority,
        seed: readSeeds().hash,
        recipientsKept: RECIPIENTS_KEPT,
        ...(props.operator && { operator: props.operator }),
        ...(props.recipient && { recipient: { authority: props.authority, ...props.recipient } }),
      },
    });
  }
}
