import { CustomResource, Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { readSeeds } from './seeds.ts';
import type { ServiceFunction } from './service-function.ts';

export interface InspectionLoadingProps {
  readonly by: ServiceFunction;
  readonly authority: string;
}

/**
 * Loads the inspections during a deployment: the first, and every one that changes a file in `seed/`. Straight on the
 * function, as CDK's `Trigger` and its provider framework would each add a function of their own.
 */
export class InspectionLoading extends Construct {
  constructor(scope: Construct, id: string, props: InspectionLoadingProps) {
    super(scope, id);
    new CustomResource(this, 'Inspection', {
      resourceType: 'Custom::Inspection',
      serviceToken: props.by.function.functionArn,
      // CloudFormation would wait an hour for an answer that does not come.
      serviceTimeout: Duration.minutes(5),
      properties: { authority: props.authority, seed: readSeeds().hash },
    });
  }
}
