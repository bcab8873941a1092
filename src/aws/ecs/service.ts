import type { Engine } from '../../engine/engine.ts'
import { awsService, type AwsService } from '../handlers.ts'
import { jsonProtocol } from '../wire/json-protocol.ts'
import { refuseByList } from '../wire/refusal.ts'
import { clusters } from './clusters.ts'
import { serviceDeployments } from './service-deployments.ts'
import { runTasks } from './run-tasks.ts'
import { services } from './services.ts'
import { tags } from './tags.ts'
import { taskDefinitions } from './task-definitions.ts'
import { taskSets } from './task-sets.ts'
import { taskProtection } from './task-protection.ts'
import { tasks } from './tasks.ts'

/** The API of Amazon ECS, version 2014-11-13. */
export const ecs = (engine: Engine): AwsService =>
  awsService({
    name: 'Amazon ECS',
    signingName: 'ecs',
    protocol: jsonProtocol({ version: '1.1', targetPrefix: 'AmazonEC2ContainerServiceV20141113' }),
    sdk: '@aws-sdk/client-ecs',
    handlers: {
      ...clusters(engine),
      ...taskDefinitions(engine),
      ...services(engine),
      ...serviceDeployments(engine),
      ...taskSets(engine),
      ...tasks(engine),
      ...taskProtection(engine),
      ...runTasks(engine),
      ...tags(engine),
    },
    refuse: refuseByList('InvalidParameterException'),
    // What DescribeTaskDefinition answers can be registered again as it is.
    ignoredMembers: {
      RegisterTaskDefinition: [
        'taskDefinitionArn',
        'revision',
        'status',
        'requiresAttributes',
        'compatibilities',
        'registeredAt',
        'registeredBy',
        'deregisteredAt',
        'deleteRequestedAt',
      ],
    },
  })
