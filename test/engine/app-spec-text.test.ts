import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { AppSpecError } from '../../src/domain/app-spec.ts'
import { parseAppSpec } from '../../src/engine/app-spec-text.ts'
import { appSpecMistakes, taskDefinition, yaml } from './app-spec-mistakes.ts'

const smallest = { taskDefinition, containerName: 'web', containerPort: 8080, hooks: [] }

/** What follows CodeDeploy's own opening sentence. */
function complaintOf(content: string): string {
  try {
    parseAppSpec(content)
  } catch (error) {
    assert.ok(error instanceof AppSpecError, String(error))
    const opening =
      'The deployment failed because the AppSpec file that specifies the deployment configuration is missing or has an ' +
      'invalid configuration. '
    assert.ok(error.message.startsWith(opening), error.message)
    return error.message.slice(opening.length)
  }
  return assert.fail('The AppSpec was accepted')
}

describe('an AppSpec that is written as people write them is read', () => {
  const accepted: readonly (readonly [string, string])[] = [
    ['YAML', yaml],
    ['YAML with Windows line ends', yaml.replaceAll('\n', '\r\n')],
    ['YAML with a byte order mark', `\uFEFF${yaml}`],
    ['YAML with comments', `# our service\n${yaml.replace('8080', '8080 # as in the Dockerfile')}`],
    ['YAML after a document mark', `---\n${yaml}`],
    ['a version in quotes', yaml.replace('0.0', '"0.0"')],
    ['version 1', yaml.replace('0.0', '1')],
    ['a port in quotes', yaml.replace('8080', '"8080"')],
    [
      'keys in camel case',
      yaml.replaceAll(/\b(Resources|Type|Properties|TaskDefinition|Container\w+):/g, (key) => lowerFirst(key)),
    ],
    ['keys in capitals', yaml.replace('Resources', 'RESOURCES').replace('LoadBalancerInfo', 'LOADBALANCERINFO')],
    ['a resource with another name', yaml.replace('TargetService', 'my-service 2')],
    ['Hooks without a value', `${yaml}Hooks:\n`],
    ['Hooks as an empty list', `${yaml}hooks: []\n`],
    ['Hooks with commented entries', `${yaml}Hooks:\n  # - BeforeInstall: "f"\n`],
    ['an anchor', yaml.replace('"web"', '&name web')],
    ['JSON', JSON.stringify(tree())],
    ['JSON with tabs', JSON.stringify(tree(), null, '\t')],
    ['JSON with two spaces and a line end', `${JSON.stringify(tree(), null, 2)}\n`],
  ]
  for (const [what, content] of accepted) {
    test(what, () => assert.deepEqual(parseAppSpec(content), smallest))
  }

  test('with everything it can have', () => {
    const appSpec = parseAppSpec(`${yaml}        PlatformVersion: "1.4.0"
        NetworkConfiguration:
          AwsvpcConfiguration:
            Subnets: ["subnet-1", "subnet-2"]
            SecurityGroups: ["sg-1"]
            AssignPublicIp: "ENABLED"
        CapacityProviderStrategy:
          - {Base: 1, CapacityProvider: "FARGATE_SPOT", Weight: 2}
          - CapacityProvider: FARGATE
Hooks:
  - AfterAllowTraffic: "arn:aws:lambda:us-east-1:111122223333:function:after"
  - beforeInstall: before
`)
    assert.deepEqual(appSpec, {
      ...smallest,
      platformVersion: '1.4.0',
      networkConfiguration: {
        awsvpcConfiguration: {
          subnets: ['subnet-1', 'subnet-2'],
          securityGroups: ['sg-1'],
          assignPublicIp: 'ENABLED',
        },
      },
      capacityProviderStrategy: [
        { capacityProvider: 'FARGATE_SPOT', base: 1, weight: 2 },
        { capacityProvider: 'FARGATE' },
      ],
      hooks: [
        { event: 'BeforeInstall', functionName: 'before' },
        { event: 'AfterAllowTraffic', functionName: 'arn:aws:lambda:us-east-1:111122223333:function:after' },
      ],
    })
  })
})

describe('an AppSpec that cannot be deployed says what is wrong, where, and how to mend it', () => {
  for (const [what, content, complaint] of appSpecMistakes) {
    test(what, () => {
      const actual = complaintOf(content)
      assert.equal(actual.slice(0, complaint.length), complaint, actual)
    })
  }

  for (const nothing of ['', '\n\n', '# only a comment\n', 'null', '---\n']) {
    test(`nothing at all: ${JSON.stringify(nothing)}`, () => {
      assert.throws(() => parseAppSpec(nothing), {
        name: 'AppSpecError',
        message:
          'An AppSpec file is required, but could not be found in the revision. It is empty. Begin with version: 0.0 and a ' +
          'Resources list.',
      })
    })
  }
})

describe('an AppSpec that is meant to do harm is refused quickly', () => {
  test('aliases of aliases', () => {
    const levels = Array.from({ length: 12 }, (_, level) => `a${level}: &a${level} [${`*a${level - 1},`.repeat(9)}]`)
    assert.match(complaintOf(['a: &a-1 x', ...levels].join('\n')), /^Its YAML aliases cannot be resolved: /)
  })

  for (const deep of ['['.repeat(60_000), '- '.repeat(30_000), '{"a":'.repeat(10_000)]) {
    test(`nested ${deep.length} characters deep: ${deep.slice(0, 5)}`, () => {
      assert.match(complaintOf(deep), /not well-formed|is a list|is not a key|mapping/)
    })
  }

  test('a name of JavaScript itself as a key', () => {
    assert.match(
      complaintOf(`${yaml}__proto__: {a: 1}\n`),
      /^Line 10, column 1: __proto__ is not a key of an ECS AppSpec\./,
    )
    assert.match(
      complaintOf(`${yaml}constructor: 1\n`),
      /^Line 10, column 1: constructor is not a key of an ECS AppSpec\./,
    )
  })
})

function tree() {
  return {
    version: 0,
    Resources: [
      {
        TargetService: {
          Type: 'AWS::ECS::Service',
          Properties: {
            TaskDefinition: taskDefinition,
            LoadBalancerInfo: { ContainerName: 'web', ContainerPort: 8080 },
          },
        },
      },
    ],
  }
}

function lowerFirst(text: string): string {
  return `${text.charAt(0).toLowerCase()}${text.slice(1)}`
}
