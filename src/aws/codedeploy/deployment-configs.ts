import type * as sdk from '@aws-sdk/client-codedeploy'
import { AwsError } from '../../domain/aws-error.ts'
import type { DeploymentConfig, TrafficRouting } from '../../domain/code-deploy.ts'
import { oneAtATime, predefinedDeploymentConfigs } from '../../domain/deployment-configs.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Handlers } from '../handlers.ts'
import { dateOf, type Here } from './lookups.ts'
import { checkedDeploymentConfigName } from './names.ts'
import { page } from './pages.ts'
import { checkedTrafficRouting, trafficRoutingConfig } from './traffic-routing.ts'

const reserved = 'CodeDeployDefault.'

/** Deployment configurations: CodeDeploy's own, and those of the user, which shift an ECS service's traffic. */
export function deploymentConfigHandlers(engine: Engine) {
  return { ...deploymentConfigChanges(engine), ...deploymentConfigQueries(engine) }
}

function deploymentConfigChanges({ store, clock, chance }: Engine) {
  return {
    CreateDeploymentConfig(input, call) {
      const name = checkedDeploymentConfigName(input.deploymentConfigName)
      checkForEcs(name, input)
      const trafficRouting = checkedTrafficRouting(input.trafficRoutingConfig)
      if (findConfig({ store, call }, name) !== undefined) {
        throw new AwsError(
          'DeploymentConfigAlreadyExistsException',
          `The deployment configuration ${name} already exists.`,
        )
      }
      checkConfigCount({ store, call })
      const deploymentConfigId = chance.uuid()
      store.deploymentConfigs.put(configKey({ store, call }, name), {
        deploymentConfigId,
        deploymentConfigName: name,
        computePlatform: 'ECS',
        createTime: clock.now(),
        trafficRouting,
      })
      return { deploymentConfigId }
    },

    DeleteDeploymentConfig({ deploymentConfigName }, call) {
      const name = checkedDeploymentConfigName(deploymentConfigName)
      if (name.startsWith(reserved)) {
        throw new AwsError('InvalidOperationException', `${name} is one of CodeDeploy's own and cannot be deleted.`)
      }
      const user = store.deploymentGroups
        .list()
        .find((group) => group.region === call.region && group.deploymentConfigName === name)
      if (user !== undefined) {
        throw new AwsError(
          'DeploymentConfigInUseException',
          `The deployment configuration ${name} is in use by deployment group '${user.deploymentGroupName}' of application ` +
            `'${user.applicationName}'. Give the group another one first.`,
        )
      }
      store.deploymentConfigs.delete(configKey({ store, call }, name))
      return {}
    },
  } satisfies Handlers<typeof sdk>
}

function deploymentConfigQueries({ store }: Engine) {
  return {
    GetDeploymentConfig({ deploymentConfigName }, call) {
      return { deploymentConfigInfo: configInfo(configNamed({ store, call }, deploymentConfigName)) }
    },

    ListDeploymentConfigs({ nextToken }, call) {
      const own = customConfigs({ store, call })
      const names = [...predefinedDeploymentConfigs, ...own].map(({ deploymentConfigName }) => deploymentConfigName)
      const { items, nextToken: next } = page(names, { list: 'deploymentConfigs', keyOf: (name) => name, nextToken })
      return { deploymentConfigsList: items, nextToken: next }
    },
  } satisfies Handlers<typeof sdk>
}

/**
 * The routing of a configuration that an ECS deployment can go by. `CodeDeployDefault.OneAtATime`, which Terraform names
 * on every group that names none, is all at once there: a service has no instances to take one at a time.
 * @throws AwsError DeploymentConfigDoesNotExistException, InvalidDeploymentConfigNameException
 */
export function ecsTrafficRouting(here: Here, deploymentConfigName: string): TrafficRouting {
  const config = configNamed(here, deploymentConfigName)
  if (config.deploymentConfigName === oneAtATime) return { type: 'AllAtOnce' }
  if (config.computePlatform === 'ECS' && config.trafficRouting !== undefined) return config.trafficRouting
  throw new AwsError(
    'InvalidDeploymentConfigNameException',
    `The deployment configuration ${deploymentConfigName} is for the ${config.computePlatform} compute platform and cannot be ` +
      'used with an application of the ECS compute platform. Use CodeDeployDefault.ECSAllAtOnce or another ECS configuration.',
  )
}

function configNamed(here: Here, name: string | undefined): DeploymentConfig {
  const config = findConfig(here, checkedDeploymentConfigName(name))
  if (config !== undefined) return config
  throw new AwsError('DeploymentConfigDoesNotExistException', `No Deployment Configuration found for name: ${name}`)
}

function findConfig(here: Here, name: string): DeploymentConfig | undefined {
  const predefined = predefinedDeploymentConfigs.find(({ deploymentConfigName }) => deploymentConfigName === name)
  return predefined ?? here.store.deploymentConfigs.get(configKey(here, name))
}

function configKey({ call }: Here, name: string): string {
  return `${call.region}/${name}`
}

/** A configuration itself does not keep its region: the key does, and the name stands behind it. */
function customConfigs(here: Here): readonly DeploymentConfig[] {
  return here.store.deploymentConfigs
    .list()
    .filter((config) => here.store.deploymentConfigs.get(configKey(here, config.deploymentConfigName)) === config)
}

function checkForEcs(name: string, input: Omit<sdk.CreateDeploymentConfigInput, 'deploymentConfigName'>): void {
  if (name.startsWith(reserved)) {
    throw new AwsError(
      'InvalidDeploymentConfigNameException',
      `${name}: names that begin with ${reserved} are CodeDeploy's own. Choose another.`,
    )
  }
  if (input.computePlatform !== 'ECS') {
    throw new AwsError(
      'InvalidComputePlatformException',
      `computePlatform is ${input.computePlatform ?? 'not given, which means Server'}, but only the ECS compute platform can be ` +
        'deployed here. Pass computePlatform ECS.',
    )
  }
  if (input.minimumHealthyHosts !== undefined) {
    throw new AwsError(
      'InvalidMinimumHealthyHostValueException',
      'For ECS deployment configuration, minimumHealthyHosts can not be specified. Pass trafficRoutingConfig alone.',
    )
  }
  if (input.zonalConfig !== undefined) {
    throw new AwsError(
      'InvalidZonalDeploymentConfigurationException',
      'For ECS deployment configuration, zonalConfig can not be specified.',
    )
  }
}

function checkConfigCount(here: Here): void {
  if (customConfigs(here).length < 200) return
  throw new AwsError(
    'DeploymentConfigLimitExceededException',
    `There are 200 custom deployment configurations in ${here.call.region} already, and no more are allowed. Delete one.`,
  )
}

function configInfo(config: DeploymentConfig): sdk.DeploymentConfigInfo {
  return {
    deploymentConfigId: config.deploymentConfigId,
    deploymentConfigName: config.deploymentConfigName,
    computePlatform: config.computePlatform,
    createTime: dateOf(config.createTime),
    ...(config.trafficRouting && { trafficRoutingConfig: trafficRoutingConfig(config.trafficRouting) }),
    ...(config.minimumHealthyHosts && { minimumHealthyHosts: minimumHealthyHosts(config.minimumHealthyHosts) }),
  }
}

/** MOST_CONCURRENCY is answered, but is not in the SDK's enum. */
function minimumHealthyHosts(hosts: NonNullable<DeploymentConfig['minimumHealthyHosts']>): sdk.MinimumHealthyHosts {
  return { ...hosts, type: hosts.type as sdk.MinimumHealthyHostsType }
}
