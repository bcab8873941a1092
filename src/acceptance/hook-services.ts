/** The event of a CodeDeploy hook. */
export type CodeDeployHookEvent = {
  readonly DeploymentId: string
  readonly LifecycleEventHookExecutionId: string
}

/** What a hook needs of AWS. */
export type HookServices = {
  /** Resolves with the object's text. */
  readonly readObject: (place: {
    readonly bucket: string
    readonly key: string
    readonly signal: AbortSignal
  }) => Promise<string>
  /** Gives the verdict, once; resolves also where it was given before. */
  readonly reportVerdict: (event: CodeDeployHookEvent, status: 'Succeeded' | 'Failed') => Promise<void>
}

/** A call that nobody answers is given up, and tried again: the function's own time is short, and the verdict must arrive. */
const requestHandler = { connectionTimeout: 2_000, requestTimeout: 3_000, throwOnRequestTimeout: true }

/** Those of AWS, with the SDK that Lambda's runtime has. Calls that AWS does not take at once are tried again by the SDK. */
export const awsHookServices: HookServices = {
  async readObject({ bucket, key, signal }) {
    const { GetObjectCommand, S3Client } = await import('@aws-sdk/client-s3')
    const s3 = new S3Client({
      maxAttempts: 5,
      forcePathStyle: (process.env['AWS_ENDPOINT_URL_S3'] ?? process.env['AWS_ENDPOINT_URL']) !== undefined,
    })
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }), { abortSignal: signal })
    return (await Body?.transformToString('utf8')) ?? ''
  },

  async reportVerdict({ DeploymentId: deploymentId, LifecycleEventHookExecutionId }, status) {
    const { CodeDeployClient, PutLifecycleEventHookExecutionStatusCommand } = await import('@aws-sdk/client-codedeploy')
    const codeDeploy = new CodeDeployClient({ maxAttempts: 5, requestHandler })
    const input = { deploymentId, lifecycleEventHookExecutionId: LifecycleEventHookExecutionId, status }
    try {
      await codeDeploy.send(new PutLifecycleEventHookExecutionStatusCommand(input))
    } catch (error) {
      // The call before this one arrived, and only its answer was lost.
      const name = error instanceof Error ? error.name : ''
      if (name !== 'LifecycleEventAlreadyCompletedException') throw error
    }
  },
}
