import type { StoredParameter, StoredSecret, SecretVersion } from '../domain/secret.ts'
import type { Store } from './store.ts'

/** A secret by name, ARN, or ARN without the six characters at its end; also one that is scheduled to be deleted. */
export function findSecret(store: Store, region: string, secretId: string, now: number): StoredSecret | undefined {
  const isArn = secretId.startsWith('arn:')
  const found = isArn
    ? store.secrets.list().find(({ arn }) => arn === secretId || arn.replace(/-[A-Za-z0-9]{6}$/, '') === secretId)
    : store.secrets.get(`${region}/${secretId}`)
  // Its recovery window is over: it is gone, whether it has been removed yet or not.
  return found?.deletesAt !== undefined && found.deletesAt <= now ? undefined : found
}

/** Removes, with their values, the secrets whose recovery window is over. */
export function forgetDeletedSecrets(store: Store, now: number): void {
  const over = store.secrets.list().filter(({ deletesAt }) => deletesAt !== undefined && deletesAt <= now)
  if (over.length === 0) return
  store.transaction(() => over.forEach(({ region, name }) => store.secrets.delete(`${region}/${name}`)))
}

/** The version asked for: by id, by label, or the current one. */
export function secretVersion(
  { versions }: StoredSecret,
  { versionId, versionStage }: { readonly versionId?: string | undefined; readonly versionStage?: string | undefined },
): SecretVersion | undefined {
  return versions.find((version) => {
    if (versionId !== undefined && version.versionId !== versionId) return false
    const stage = versionStage ?? (versionId === undefined ? 'AWSCURRENT' : undefined)
    return stage === undefined || version.stages.includes(stage)
  })
}

/** A parameter by name or ARN; a name may be written with or without the slash in front of its only part. */
export function findParameter(store: Store, region: string, name: string): StoredParameter | undefined {
  if (name.startsWith('arn:')) return store.parameters.list().find(({ arn }) => arn === name)
  return store.parameters.get(`${region}/${name}`) ?? store.parameters.get(`${region}/${otherName(name)}`)
}

function otherName(name: string): string {
  if (!name.startsWith('/')) return `/${name}`
  return name.lastIndexOf('/') === 0 ? name.slice(1) : name
}
