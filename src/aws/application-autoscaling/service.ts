import type { Engine } from '../../engine/engine.ts'
import { awsService, type AwsService } from '../handlers.ts'
import { jsonProtocol } from '../wire/json-protocol.ts'
import { refuseByList } from '../wire/refusal.ts'
import { activities } from './activities.ts'
import { policies } from './policies.ts'
import { tags } from './tags.ts'
import { targets } from './targets.ts'

/** What of an engine Application Auto Scaling needs. */
export type ScalingEngine = Pick<Engine, 'store' | 'clock' | 'chance' | 'log'>

/** Application Auto Scaling of ECS services; `src/engine/scaling.ts` does what is configured here. */
export const applicationAutoScaling = (engine: ScalingEngine): AwsService =>
  awsService({
    name: 'Application Auto Scaling',
    signingName: 'application-autoscaling',
    protocol: jsonProtocol({ version: '1.1', targetPrefix: 'AnyScaleFrontendService' }),
    sdk: '@aws-sdk/client-application-auto-scaling',
    handlers: { ...targets(engine), ...policies(engine), ...activities(engine), ...tags(engine) },
    refuse: refuseByList('ValidationException'),
  })
