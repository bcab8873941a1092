export const taskDefinition = 'arn:aws:ecs:us-east-1:111122223333:task-definition/web:7'

/** The smallest AppSpec there is. */
export const yaml = `version: 0.0
Resources:
  - TargetService:
      Type: AWS::ECS::Service
      Properties:
        TaskDefinition: "${taskDefinition}"
        LoadBalancerInfo:
          ContainerName: "web"
          ContainerPort: 8080
`

const info = 'Resources[0].TargetService.Properties.LoadBalancerInfo'
/** What people get wrong in an AppSpec: what it is, the text, and how the complaint begins. */
export const appSpecMistakes: readonly (readonly [string, string, string])[] = [
  [
    'a tab as indentation',
    yaml.replace('      Type', '\t\t\tType'),
    'The input AppSpec file is a not well-formed yaml. The template cannot be parsed. ' +
      'Line 4, column 1: a tab is used for indentation. Use spaces.',
  ],
  [
    'broken JSON',
    '{"version": 0.0,\n "Resources": [}',
    'The input AppSpec file is a not well-formed json. The template cannot be parsed. Line 2, column 16: ',
  ],
  [
    'a tag',
    yaml.replace('8080', '!Ref Port'),
    'The input AppSpec file is a not well-formed yaml. The template cannot be parsed. ' +
      'Line 9, column 26: Unresolved tag: !Ref. Write the value itself: an AppSpec has no functions or tags.',
  ],
  [
    'two documents',
    `${yaml}---\n${yaml}`,
    'The input AppSpec file is a not well-formed yaml. The template cannot be parsed. ' +
      'Line 10, column 1: it holds several documents, separated by ---. Keep one.',
  ],
  [
    'a key twice',
    `${yaml}version: 0.0\n`,
    'The input AppSpec file is a not well-formed yaml. The template cannot be parsed. ' +
      'Line 10, column 1: this key stands in its mapping a second time. Keep one.',
  ],
  [
    'a key twice in other letters',
    `${yaml}resources: []\n`,
    'Line 10, column 1: resources says Resources a second time, after Resources. Keep one.',
  ],
  [
    'a list',
    '- a\n',
    'The AppSpec is a list, not a mapping of names to values. It has the keys version, Resources, Hooks.',
  ],
  [
    'a text',
    'hello',
    'The AppSpec is a text, not a mapping of names to values. It has the keys version, Resources, Hooks.',
  ],
  ['a number', '7', 'The AppSpec is a number, not a mapping of names to values.'],
  ['no version', yaml.replace('version: 0.0\n', ''), 'version is required. Write version: 0.0.'],
  ['another version', yaml.replace('0.0', '2.0'), 'Line 1, column 1: version is "2". Write version: 0.0.'],
  [
    'a version that is a list',
    yaml.replace('0.0', '[0.0]'),
    'Line 1, column 1: version is a list, not a single value.',
  ],
  [
    'no Resources',
    'version: 0.0\n',
    'Resources is required. Write a list with one entry: Resources: [{TargetService: ',
  ],
  [
    'Resources as a mapping',
    'version: 0.0\nResources:\n  TargetService: {}\n',
    'Line 2, column 1: Resources is a mapping, not a list. Write a list with one entry: ',
  ],
  [
    'Resources as an empty list',
    'version: 0.0\nResources: []\n',
    'Line 2, column 1: Resources holds no resource. Write a list with one entry: ',
  ],
  [
    'a resource that is a text',
    'version: 0.0\nResources: [web]\n',
    'Line 2, column 13: Resources[0] is a text, not a mapping',
  ],
  [
    'two resources',
    `${yaml}  - OtherService:\n      Type: AWS::ECS::Service\n`,
    'Line 10, column 5: Resources[1].OtherService is a second resource, but one deployment deploys one ECS service. Give it an AppSpec of its own.',
  ],
  [
    'no Type',
    yaml.replace('      Type: AWS::ECS::Service\n', ''),
    'Line 3, column 5: Resources[0].TargetService.Type is required. Write Type: AWS::ECS::Service.',
  ],
  [
    'a Lambda function',
    yaml.replace('AWS::ECS::Service', 'AWS::Lambda::Function'),
    'Line 4, column 7: Resources[0].TargetService.Type is "AWS::Lambda::Function", but an ECS deployment deploys AWS::ECS::Service.',
  ],
  [
    'no Properties',
    yaml.replace(/Properties:[^]*/, ''),
    'Line 3, column 5: Resources[0].TargetService.Properties is required. It holds TaskDefinition and LoadBalancerInfo.',
  ],
  [
    'the properties of a Lambda deployment',
    yaml.replace('TaskDefinition:', 'Alias: live\n        TaskDefinition:'),
    'Line 6, column 9: Resources[0].TargetService.Properties.Alias belongs to AppSpecs of Lambda deployments;',
  ],
  [
    'no TaskDefinition',
    yaml.replace(/ {8}TaskDefinition.*\n/, ''),
    'Line 5, column 7: Resources[0].TargetService.Properties.TaskDefinition is required. Write the ARN of an ACTIVE task definition,',
  ],
  [
    'a TaskDefinition that is not filled in',
    yaml.replace(`"${taskDefinition}"`, '<TASK_DEFINITION>'),
    'Line 6, column 9: Resources[0].TargetService.Properties.TaskDefinition still holds the placeholder <TASK_DEFINITION>. CodePipeline,',
  ],
  [
    'a blank TaskDefinition',
    yaml.replace(taskDefinition, ' '),
    'Line 6, column 9: Resources[0].TargetService.Properties.TaskDefinition is empty. Write the ARN',
  ],
  [
    'no LoadBalancerInfo',
    yaml.replace(/ {8}LoadBalancerInfo:[^]*/, ''),
    `Line 5, column 7: ${info} is required. Write a mapping:`,
  ],
  [
    'LoadBalancerInfo as a list',
    yaml
      .replace('          ContainerName', '          - ContainerName')
      .replace('          ContainerPort', '            ContainerPort'),
    `Line 7, column 9: ${info} is a list, but an ECS deployment has one container behind its load balancer. ` +
      'Write a mapping: LoadBalancerInfo: {ContainerName: "web", ContainerPort: 8080}.',
  ],
  [
    'LoadBalancerInfo as a text',
    yaml.replace(/LoadBalancerInfo:[^]*/, 'LoadBalancerInfo: web'),
    `Line 7, column 9: ${info} is a text, not a mapping of names to values. Write a mapping:`,
  ],
  [
    'no ContainerName',
    yaml.replace(/ {10}ContainerName.*\n/, ''),
    `Line 7, column 9: ${info}.ContainerName is required. Write the name of the container as in the task definition.`,
  ],
  [
    'a ContainerName that is a number',
    yaml.replace('"web"', '5'),
    `Line 8, column 11: ${info}.ContainerName is a number, not a text.`,
  ],
  [
    'no ContainerPort',
    yaml.replace(/ {10}ContainerPort.*\n/, ''),
    `Line 7, column 9: ${info}.ContainerPort is required. Write the container's port`,
  ],
  [
    'a blank ContainerPort',
    yaml.replace('8080', '" "'),
    `Line 9, column 11: ${info}.ContainerPort is " ". Write the container's port as in the task definition, a number from 1 to 65535: ContainerPort: 8080.`,
  ],
  [
    'a ContainerPort that is none',
    yaml.replace('8080', '70000'),
    `Line 9, column 11: ${info}.ContainerPort is "70000". Write`,
  ],
  ['ContainerPort 0', yaml.replace('8080', '0'), `Line 9, column 11: ${info}.ContainerPort is "0". Write`],
  ['a broken ContainerPort', yaml.replace('8080', '80.5'), `Line 9, column 11: ${info}.ContainerPort is "80.5". Write`],
  [
    'a misspelt key',
    yaml.replace('LoadBalancerInfo', 'LoadBalancerInfos'),
    'Line 7, column 9: Resources[0].TargetService.Properties.LoadBalancerInfos is not a key of Properties (did you mean LoadBalancerInfo?). It has TaskDefinition, LoadBalancerInfo, ',
  ],
  [
    'an unknown key',
    `${yaml}Outputs: 1\n`,
    'Line 10, column 1: Outputs is not a key of an ECS AppSpec. It has version, Resources, Hooks.',
  ],
  [
    'the form for EC2',
    `${yaml}os: linux\n`,
    'Line 10, column 1: os belongs to AppSpecs of EC2 and on-premises deployments; an ECS AppSpec names a task definition instead.',
  ],
  [
    'a PlatformVersion without quotes',
    `${yaml}        PlatformVersion: 1.4\n`,
    'Line 10, column 9: Resources[0].TargetService.Properties.PlatformVersion is a number, not a text. Write LATEST or "1.4.0".',
  ],
  [
    'a network without AwsvpcConfiguration',
    `${yaml}        NetworkConfiguration: {}\n`,
    'Line 10, column 9: Resources[0].TargetService.Properties.NetworkConfiguration.AwsvpcConfiguration is required where',
  ],
  [
    'a network without SecurityGroups',
    `${yaml}        NetworkConfiguration: {AwsvpcConfiguration: {Subnets: [a], AssignPublicIp: ENABLED}}\n`,
    'Line 10, column 32: Resources[0].TargetService.Properties.NetworkConfiguration.AwsvpcConfiguration.SecurityGroups is required where',
  ],
  [
    'a network without a subnet',
    `${yaml}        NetworkConfiguration: {AwsvpcConfiguration: {Subnets: [], SecurityGroups: [], AssignPublicIp: ENABLED}}\n`,
    'Line 10, column 54: Resources[0].TargetService.Properties.NetworkConfiguration.AwsvpcConfiguration.Subnets is empty.',
  ],
  [
    'AssignPublicIp true',
    `${yaml}        NetworkConfiguration: {AwsvpcConfiguration: {Subnets: [a], SecurityGroups: [b], AssignPublicIp: true}}\n`,
    'Line 10, column 89: Resources[0].TargetService.Properties.NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp is "true". Write ENABLED or DISABLED.',
  ],
  [
    'a strategy without a provider',
    `${yaml}        CapacityProviderStrategy: [{Base: 1}]\n`,
    'Line 10, column 36: Resources[0].TargetService.Properties.CapacityProviderStrategy[0].CapacityProvider is required.',
  ],
  [
    'a strategy with a wrong weight',
    `${yaml}        CapacityProviderStrategy: [{CapacityProvider: F, Weight: -1}]\n`,
    'Line 10, column 58: Resources[0].TargetService.Properties.CapacityProviderStrategy[0].Weight is "-1". Write a whole number from 0 to 1000.',
  ],
  [
    'Hooks as a mapping',
    `${yaml}Hooks:\n  BeforeInstall: f\n`,
    'Line 10, column 1: Hooks is a mapping, not a list. Write a list, one event an entry: Hooks: [{BeforeAllowTraffic: ',
  ],
  [
    'a hook on an event of CodeDeploy',
    `${yaml}Hooks:\n  - AllowTraffic: f\n`,
    "Line 11, column 5: Hooks[0].AllowTraffic cannot have a hook: AllowTraffic is CodeDeploy's own work. Hooks can stand on BeforeInstall, AfterInstall, AfterAllowTestTraffic, BeforeAllowTraffic and AfterAllowTraffic.",
  ],
  [
    'a hook on an event of EC2',
    `${yaml}Hooks:\n  - ApplicationStart: f\n`,
    'Line 11, column 5: Hooks[0].ApplicationStart is not a lifecycle event of an ECS deployment. Hooks can stand on',
  ],
  [
    'a misspelt event',
    `${yaml}Hooks:\n  - BeforeAllowTrafic: f\n`,
    'Line 11, column 5: Hooks[0].BeforeAllowTrafic is not a lifecycle event of an ECS deployment (did you mean BeforeAllowTraffic?).',
  ],
  [
    'two hooks on one event',
    `${yaml}Hooks:\n  - AfterInstall: f\n  - AfterInstall: g\n`,
    'Line 12, column 5: Hooks[1].AfterInstall is a second hook on AfterInstall, but an event has one function. Keep one of them.',
  ],
  [
    'a hook without a function',
    `${yaml}Hooks:\n  - AfterInstall:\n`,
    'Line 11, column 5: Hooks[0].AfterInstall names no function. Write the name or ARN of one Lambda function: AfterInstall: ',
  ],
  [
    'a hook in the form of EC2',
    `${yaml}Hooks:\n  - AfterInstall:\n      - location: scripts/a.sh\n`,
    'Line 11, column 5: Hooks[0].AfterInstall is a list, the form for scripts on EC2 instances. Write the name or ARN',
  ],
  [
    'a hook with an empty name',
    `${yaml}Hooks:\n  - AfterInstall: ""\n`,
    'Line 11, column 5: Hooks[0].AfterInstall is empty. Write the name or ARN',
  ],
  ['more text than anyone writes', 'a'.repeat(65_537), 'It has 65537 characters; 65536 are allowed.'],
]
