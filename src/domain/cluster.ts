import type { Tags } from './load-balancer.ts'

export type Cluster = {
  readonly clusterArn: string
  readonly clusterName: string
  readonly status: 'ACTIVE' | 'INACTIVE'
  readonly createdAt: number
  readonly tags: Tags
  /** Members of CreateCluster that are kept and answered back: settings, configuration, capacityProviders … */
  readonly recorded: Readonly<Record<string, unknown>>
}

export function capacityProvidersOf({ recorded }: Pick<Cluster, 'recorded'>): readonly string[] {
  return (recorded['capacityProviders'] ?? []) as readonly string[]
}
