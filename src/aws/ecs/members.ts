import type * as sdk from '@aws-sdk/client-ecs'

/**
 * What becomes of a member of a request. `used`: Teal acts on it. `recorded`: it is kept and answered back, and nothing
 * on this machine enforces it. `refused`: it would change how containers run or are reached and Teal cannot do it yet, so
 * a request that asks for it fails, with this advice.
 */
export type Treatment = 'used' | 'recorded' | { readonly refused: string }
const refused = (advice: string): Treatment => ({ refused: advice })

// Each table covers every member of the SDK's type: one that a newer SDK adds fails the type check until it is decided on.

export const taskDefinitionMembers = {
  family: 'used',
  networkMode: 'used',
  containerDefinitions: 'used',
  requiresCompatibilities: 'used',
  cpu: 'used',
  memory: 'used',
  tags: 'used',
  taskRoleArn: 'recorded',
  executionRoleArn: 'recorded',
  volumes: 'used',
  placementConstraints: 'recorded',
  pidMode: 'recorded',
  ipcMode: 'recorded',
  ephemeralStorage: 'recorded',
  runtimePlatform: 'recorded',
  proxyConfiguration: refused('Remove it: no proxy is put before the containers.'),
  inferenceAccelerators: refused('Remove it: no accelerators are attached.'),
  enableFaultInjection: refused('Remove it or set it to false.'),
} as const satisfies Record<keyof sdk.RegisterTaskDefinitionRequest, Treatment>

export const containerMembers = {
  name: 'used',
  image: 'used',
  essential: 'used',
  entryPoint: 'used',
  command: 'used',
  workingDirectory: 'used',
  environment: 'used',
  portMappings: 'used',
  stopTimeout: 'used',
  cpu: 'used',
  memory: 'used',
  memoryReservation: 'used',
  logConfiguration: 'used',
  dockerLabels: 'used',
  ulimits: 'used',
  startTimeout: 'used',
  healthCheck: 'used',
  dependsOn: 'used',
  secrets: 'used',
  environmentFiles: 'used',
  mountPoints: 'used',
  user: 'used',
  readonlyRootFilesystem: 'used',
  linuxParameters: 'used',
  versionConsistency: 'used',
  volumesFrom: refused('Name the volume in the mountPoints of both containers.'),
  links: refused('Remove it: containers are not linked to one another.'),
  firelensConfiguration: refused('Remove the log router; container output is written to log files.'),
  systemControls: refused('Remove it: kernel parameters are not set.'),
  repositoryCredentials: 'used',
  restartPolicy: refused('Remove it; the service replaces a task whose essential container ended.'),
  hostname: refused('Remove it: containers have the host name the runtime gives them.'),
  disableNetworking: refused('Remove it or set it to false.'),
  privileged: refused('Remove it or set it to false.'),
  dnsServers: refused('Remove it: containers use the name servers of this machine.'),
  dnsSearchDomains: refused('Remove it: containers use the search domains of this machine.'),
  extraHosts: refused('Remove it, or put the names into the hosts file of this machine.'),
  dockerSecurityOptions: refused('Remove it.'),
  interactive: refused('Remove it or set it to false.'),
  pseudoTerminal: refused('Remove it or set it to false.'),
  resourceRequirements: refused('Remove it: no GPUs or accelerators are attached.'),
  credentialSpecs: refused('Remove it.'),
} as const satisfies Record<keyof sdk.ContainerDefinition, Treatment>

export const portMappingMembers = {
  containerPort: 'used',
  hostPort: 'used',
  protocol: 'used',
  name: 'used',
  appProtocol: 'used',
  containerPortRange: refused('Name each port with containerPort.'),
} as const satisfies Record<keyof sdk.PortMapping, Treatment>

export const linuxParameterMembers = {
  capabilities: 'used',
  initProcessEnabled: 'used',
  sharedMemorySize: 'used',
  tmpfs: 'used',
  devices: refused('Remove it: no devices are handed to containers.'),
  maxSwap: refused('Remove it: swap is not limited.'),
  swappiness: refused('Remove it: swap is not limited.'),
} as const satisfies Record<keyof sdk.LinuxParameters, Treatment>

export const logConfigurationMembers = {
  logDriver: 'used',
  options: 'used',
  secretOptions: refused('Write the options out.'),
} as const satisfies Record<keyof sdk.LogConfiguration, Treatment>

export const runTaskMembers = {
  cluster: 'used',
  count: 'used',
  taskDefinition: 'used',
  group: 'used',
  launchType: 'used',
  capacityProviderStrategy: 'used',
  platformVersion: 'used',
  networkConfiguration: 'used',
  overrides: 'used',
  propagateTags: 'used',
  startedBy: 'used',
  tags: 'used',
  clientToken: 'used',
  enableExecuteCommand: 'used',
  // One machine is one place.
  placementConstraints: 'recorded',
  placementStrategy: 'recorded',
  enableECSManagedTags: 'used',
  referenceId: 'recorded',
  volumeConfigurations: refused('Name a volume of this machine in the task definition.'),
} as const satisfies Record<keyof sdk.RunTaskRequest, Treatment>

export const taskOverrideMembers = {
  containerOverrides: 'used',
  cpu: 'used',
  memory: 'used',
  taskRoleArn: 'used',
  executionRoleArn: 'used',
  ephemeralStorage: 'recorded',
  inferenceAcceleratorOverrides: refused('Remove it: no accelerators are attached.'),
} as const satisfies Record<keyof sdk.TaskOverride, Treatment>

export const containerOverrideMembers = {
  name: 'used',
  command: 'used',
  environment: 'used',
  environmentFiles: 'used',
  cpu: 'used',
  memory: 'used',
  memoryReservation: 'used',
  resourceRequirements: refused('Remove it: no GPUs or accelerators are attached.'),
} as const satisfies Record<keyof sdk.ContainerOverride, Treatment>

const otherVolume = 'Use a volume of this machine: a name alone, or host.sourcePath.'

export const volumeMembers = {
  name: 'used',
  host: 'used',
  dockerVolumeConfiguration: 'used',
  efsVolumeConfiguration: refused(otherVolume),
  s3filesVolumeConfiguration: refused(otherVolume),
  fsxWindowsFileServerVolumeConfiguration: refused(otherVolume),
  configuredAtLaunch: refused(otherVolume),
} as const satisfies Record<keyof sdk.Volume, Treatment>

export const serviceMembers = {
  cluster: 'used',
  serviceName: 'used',
  taskDefinition: 'used',
  loadBalancers: 'used',
  desiredCount: 'used',
  clientToken: 'used',
  launchType: 'used',
  platformVersion: 'used',
  networkConfiguration: 'used',
  healthCheckGracePeriodSeconds: 'used',
  schedulingStrategy: 'used',
  deploymentController: 'used',
  deploymentConfiguration: 'used',
  role: 'used',
  tags: 'used',
  // One machine is one availability zone and one instance.
  availabilityZoneRebalancing: 'recorded',
  placementConstraints: 'recorded',
  placementStrategy: 'recorded',
  enableECSManagedTags: 'used',
  propagateTags: 'used',
  // ExecuteCommand itself answers that it is not implemented.
  enableExecuteCommand: 'recorded',
  capacityProviderStrategy: 'used',
  serviceRegistries: refused('Remove it: tasks are reached through the load balancer.'),
  serviceConnectConfiguration: refused('Remove it or set enabled to false.'),
  volumeConfigurations: refused('Remove it: no volumes are attached to tasks.'),
  vpcLatticeConfigurations: refused('Remove it: tasks are reached through the load balancer.'),
  gatewayConnectors: refused('Remove it: tasks are reached through the load balancer.'),
  monitoring: refused('Remove it.'),
} as const satisfies Record<keyof sdk.CreateServiceRequest, Treatment>

export const taskSetMembers = {
  service: 'used',
  cluster: 'used',
  externalId: 'used',
  taskDefinition: 'used',
  networkConfiguration: 'used',
  loadBalancers: 'used',
  launchType: 'used',
  platformVersion: 'used',
  scale: 'used',
  clientToken: 'used',
  tags: 'used',
  serviceRegistries: serviceMembers.serviceRegistries,
  capacityProviderStrategy: 'used',
} as const satisfies Record<keyof sdk.CreateTaskSetRequest, Treatment>

export const deploymentConfigurationMembers = {
  maximumPercent: 'recorded',
  minimumHealthyPercent: 'recorded',
  strategy: 'used',
  alarms: 'used',
  deploymentCircuitBreaker: 'used',
  bakeTimeInMinutes: refused("It belongs to the ECS deployment controller; CodeDeploy's group has a termination wait."),
  lifecycleHooks: refused('It belongs to the ECS deployment controller; write hooks into the AppSpec.'),
  linearConfiguration: refused(
    'It belongs to the ECS deployment controller; use a CodeDeploy deployment configuration.',
  ),
  canaryConfiguration: refused(
    'It belongs to the ECS deployment controller; use a CodeDeploy deployment configuration.',
  ),
  earlySuccessCriteria: refused('It belongs to the ECS deployment controller.'),
} as const satisfies Record<keyof sdk.DeploymentConfiguration, Treatment>

type Table = Readonly<Record<string, Treatment>>

/** The first member of the request that is asked for and refused, with the advice. */
export function refusedMember(
  table: Table,
  request: object,
): { readonly member: string; readonly advice: string } | undefined {
  for (const [member, value] of Object.entries(request)) {
    const treatment = table[member]
    if (typeof treatment === 'object' && isAsked(value)) return { member, advice: treatment.refused }
  }
  return undefined
}

/** The members that are kept as given. A refused member that asks for nothing is kept, too: `mountPoints: []`. */
export function recordedMembers(table: Table, request: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(request).filter(([member, value]) => value !== undefined && table[member] !== 'used'),
  )
}

/** Whether a value asks for anything: not `false`, an empty list or text, or an object with nothing but such members. */
export function isAsked(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return false
  if (Array.isArray(value)) return value.length > 0
  if (typeof value === 'object') return Object.values(value).some(isAsked)
  return true
}
