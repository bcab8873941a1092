import type * as sdk from '@aws-sdk/client-codedeploy'
import { AwsError } from '../../domain/aws-error.ts'
import type {
  DeploymentGroupSettings,
  DeploymentReadyOption,
  TerminateBlueInstances,
} from '../../domain/code-deploy.ts'

type Waits = Pick<DeploymentGroupSettings, 'deploymentReadyOption' | 'terminateBlueInstances'>

/** 120 hours, and two days. */
const longestReadyWaitInMinutes = 7200
const longestTerminationWaitInMinutes = 2880

/** @throws AwsError InvalidBlueGreenDeploymentConfigurationException */
export function readBlueGreenConfig(config: sdk.BlueGreenDeploymentConfiguration | undefined): Waits {
  if (config === undefined)
    throw invalid('For ECS deployment group, blueGreenDeploymentConfiguration must be specified')
  const { deploymentReadyOption, terminateBlueInstancesOnDeploymentSuccess, greenFleetProvisioningOption } = config
  if (greenFleetProvisioningOption?.action !== undefined) {
    throw invalid('For ECS deployment group, greenFleetProvisioningOption can not be specified')
  }
  if (terminateBlueInstancesOnDeploymentSuccess === undefined) {
    throw invalid('For ECS deployment group, terminateBlueInstancesOnDeploymentSuccess must be specified')
  }
  if (deploymentReadyOption === undefined) {
    throw invalid('For ECS deployment group, deploymentReadyOption must be specified')
  }
  return {
    deploymentReadyOption: readReadyOption(deploymentReadyOption),
    terminateBlueInstances: readTermination(terminateBlueInstancesOnDeploymentSuccess),
  }
}

/** As the API answers it: both waits are always there as numbers, because clients compute with them unasked. */
export function blueGreenConfig({ deploymentReadyOption, terminateBlueInstances }: Waits) {
  return {
    terminateBlueInstancesOnDeploymentSuccess: { ...terminateBlueInstances },
    deploymentReadyOption: { ...deploymentReadyOption },
  }
}

function readReadyOption(option: sdk.DeploymentReadyOption): DeploymentReadyOption {
  const { actionOnTimeout = 'CONTINUE_DEPLOYMENT', waitTimeInMinutes = 0 } = option
  checkMinutes('deploymentReadyOption.waitTimeInMinutes', waitTimeInMinutes, longestReadyWaitInMinutes)
  if (actionOnTimeout === 'CONTINUE_DEPLOYMENT' && waitTimeInMinutes > 0) {
    throw invalid(
      `deploymentReadyOption.waitTimeInMinutes is ${waitTimeInMinutes}, but applies only to actionOnTimeout STOP_DEPLOYMENT: ` +
        'with CONTINUE_DEPLOYMENT traffic is rerouted at once. Leave it out, or pass STOP_DEPLOYMENT',
    )
  }
  // AWS documents no default, and nobody could ever continue a deployment that does not wait.
  if (actionOnTimeout === 'STOP_DEPLOYMENT' && waitTimeInMinutes === 0) {
    throw invalid(
      `deploymentReadyOption with actionOnTimeout STOP_DEPLOYMENT needs waitTimeInMinutes, 1 to ${longestReadyWaitInMinutes}: ` +
        'with 0 or none a deployment would be stopped as soon as it is ready. Pass how long it shall wait for ' +
        'ContinueDeployment, or CONTINUE_DEPLOYMENT',
    )
  }
  return { actionOnTimeout, waitTimeInMinutes }
}

function readTermination(option: sdk.BlueInstanceTerminationOption): TerminateBlueInstances {
  const { action = 'TERMINATE', terminationWaitTimeInMinutes = 0 } = option
  const member = 'terminateBlueInstancesOnDeploymentSuccess.terminationWaitTimeInMinutes'
  checkMinutes(member, terminationWaitTimeInMinutes, longestTerminationWaitInMinutes)
  return { action, terminationWaitTimeInMinutes }
}

function checkMinutes(member: string, minutes: number, most: number): void {
  if (Number.isInteger(minutes) && minutes >= 0 && minutes <= most) return
  throw invalid(`${member} is ${minutes}. Pass a whole number of minutes from 0 to ${most}`)
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidBlueGreenDeploymentConfigurationException', message)
}
