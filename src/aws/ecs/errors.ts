import { AwsError } from '../../domain/aws-error.ts'

/** ECS's word for «this request makes no sense as it stands» where the request is about services, tasks and clusters. */
export const invalidParameter = (message: string): AwsError => new AwsError('InvalidParameterException', message)

/** The same where the request is about task definitions. */
export const clientError = (message: string): AwsError => new AwsError('ClientException', message)

export const clusterNotFound = (): AwsError => new AwsError('ClusterNotFoundException', 'Cluster not found.')

export const serviceNotFound = (): AwsError => new AwsError('ServiceNotFoundException', 'Service not found.')

export const serviceNotActive = (): AwsError => new AwsError('ServiceNotActiveException', 'Service was not ACTIVE.')

/** Text of the SDK's own documentation of the exception. */
export const taskSetNotFound = (): AwsError =>
  new AwsError(
    'TaskSetNotFoundException',
    "The specified task set wasn't found. You can view your available task sets with DescribeTaskSets. " +
      'Task sets are specific to each cluster, service and Region.',
  )

/** What AWS does and Teal does not: names the parameter and says what to do instead. */
export const notSupported = (parameter: string, advice: string): AwsError =>
  new AwsError('UnsupportedFeatureException', `${parameter} is not supported by Teal yet. ${advice}`)
