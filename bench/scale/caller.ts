import { setTimeout as delay } from 'node:timers/promises'
import { CodeDeployClient, CreateDeploymentCommand, ListDeploymentsCommand } from '@aws-sdk/client-codedeploy'
import { DescribeServicesCommand, DescribeTaskSetsCommand, ECSClient, ListServicesCommand } from '@aws-sdk/client-ecs'
import { applicationName, deploymentGroupName, nextDefinition } from './town.ts'

const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' }

/** AWS clients of an engine, which note how long each call took. */
export class Caller {
  readonly #codeDeploy: CodeDeployClient
  readonly #ecs: ECSClient
  #latencies: number[] = []

  constructor(endpoint: string) {
    const settings = { endpoint, region: 'us-east-1', credentials, maxAttempts: 1 }
    this.#codeDeploy = new CodeDeployClient(settings)
    this.#ecs = new ECSClient(settings)
  }

  /** Of the calls since it was last asked, in milliseconds, ascending. */
  takeLatencies(): readonly number[] {
    const latencies = this.#latencies.toSorted((one, other) => one - other)
    this.#latencies = []
    return latencies
  }

  async deploy(index: number): Promise<void> {
    const content = JSON.stringify({
      version: '0.0',
      Resources: [
        {
          TargetService: {
            Type: 'AWS::ECS::Service',
            Properties: {
              TaskDefinition: nextDefinition,
              LoadBalancerInfo: { ContainerName: 'web', ContainerPort: 80 },
            },
          },
        },
      ],
    })
    await this.#timed(() =>
      this.#codeDeploy.send(
        new CreateDeploymentCommand({
          applicationName,
          deploymentGroupName: deploymentGroupName(index),
          revision: { revisionType: 'AppSpecContent', appSpecContent: { content } },
        }),
      ),
    )
  }

  async isSteady(index: number): Promise<boolean> {
    const service = deploymentGroupName(index)
    const { taskSets = [] } = await this.#ecs.send(new DescribeTaskSetsCommand({ cluster: 'bench', service }))
    return taskSets.every(({ stabilityStatus }) => stabilityStatus === 'STEADY_STATE')
  }

  async listDeployments(nextToken?: string): Promise<string | undefined> {
    const page = await this.#timed(() => this.#codeDeploy.send(new ListDeploymentsCommand({ nextToken })))
    return page.nextToken
  }

  /** What people and tools ask all the time, at a fixed rate and in turn, until it is aborted. */
  async askAround(services: number, callsPerSecond: number, signal: AbortSignal): Promise<void> {
    const questions = [
      (index: number) =>
        this.#ecs.send(new DescribeServicesCommand({ cluster: 'bench', services: [deploymentGroupName(index)] })),
      (index: number) =>
        this.#ecs.send(new DescribeTaskSetsCommand({ cluster: 'bench', service: deploymentGroupName(index) })),
      () => this.#ecs.send(new ListServicesCommand({ cluster: 'bench' })),
      () => this.#codeDeploy.send(new ListDeploymentsCommand({})),
    ] as const
    const asked = new Set<Promise<unknown>>()
    for (let call = 0; !signal.aborted; call += 1) {
      const question = questions[call % questions.length] ?? questions[0]
      const asking = this.#timed<unknown>(() => question(call % services)).finally(() => asked.delete(asking))
      asked.add(asking)
      await delay(1_000 / callsPerSecond)
    }
    await Promise.all(asked)
  }

  async #timed<Answer>(call: () => Promise<Answer>): Promise<Answer> {
    const from = performance.now()
    const answer = await call()
    this.#latencies.push(performance.now() - from)
    return answer
  }
}
