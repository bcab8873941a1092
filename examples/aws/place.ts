/** Where an example is set up: its network and its roles, from variables. */
export type Place = {
  readonly vpc: string
  readonly subnets: string[]
  readonly securityGroups: string[]
  readonly executionRole: string
  readonly taskRole: string
  readonly codeDeployRole: string
  readonly functionRole: string
  /** The listeners' ports. */
  readonly productionPort: number
  readonly testPort: number
  /** Where AppSpecs lie. On AWS a bucket's name has to be nobody else's. */
  readonly bucket: string
}

/**
 * Reads the variables. On Teal, which records networks and roles and enforces none, all of them may be left out; on AWS
 * those without a default have to be there.
 */
export function placeOf(name: string, environment: NodeJS.ProcessEnv = process.env): Place {
  const isTeal = environment['AWS_ENDPOINT_URL'] !== undefined
  const missing: string[] = []
  const read = (variable: string, onTeal: string): string => {
    const value = environment[variable] ?? (isTeal ? onTeal : undefined)
    if (value === undefined) missing.push(variable)
    return value ?? ''
  }
  const role = (variable: string): string => read(variable, `arn:aws:iam::000000000000:role/${variable.toLowerCase()}`)
  const place = {
    vpc: read('VPC', 'vpc-example'),
    subnets: read('SUBNETS', 'subnet-1,subnet-2').split(','),
    securityGroups: read('SECURITY_GROUPS', 'sg-example').split(','),
    executionRole: role('EXECUTION_ROLE'),
    taskRole: role('TASK_ROLE'),
    codeDeployRole: role('CODEDEPLOY_ROLE'),
    functionRole: role('FUNCTION_ROLE'),
    productionPort: Number(environment['PRODUCTION_PORT'] ?? 8080),
    testPort: Number(environment['TEST_PORT'] ?? 8081),
    bucket: read('BUCKET', `${name}-revisions`),
  }
  if (missing.length > 0) throw new Error(`On AWS set ${missing.join(', ')}. For Teal set AWS_ENDPOINT_URL.`)
  return place
}

/** Done once: AWS says with an error of this name that it was done before. Answers whether it was done now. */
export async function unlessThere(done: Promise<unknown>, ...names: readonly string[]): Promise<boolean> {
  try {
    await done
    return true
  } catch (error) {
    if (error instanceof Error && names.includes(error.name)) return false
    throw error
  }
}

/** What AWS always answers, and its SDK's types say it may not. */
export function given<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('An answer lacks what AWS always answers')
  return value
}
