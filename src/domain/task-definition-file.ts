/** A task definition as people keep it in a file: the input of RegisterTaskDefinition, perhaps with placeholders for images. */
export type TaskDefinitionFile = Readonly<Record<string, unknown>>

/** Members which DescribeTaskDefinition answers and RegisterTaskDefinition does not take. */
const readOnly: ReadonlySet<string> = new Set([
  'compatibilities',
  'deregisteredAt',
  'deleteRequestedAt',
  'registeredAt',
  'registeredBy',
  'requiresAttributes',
  'revision',
  'status',
  'taskDefinitionArn',
])

export function readOnlyMembers(file: TaskDefinitionFile): readonly string[] {
  return Object.keys(file).filter((member) => readOnly.has(member))
}

/** Without what ECS does not take, and without members that are null. */
export function registrable(file: TaskDefinitionFile): TaskDefinitionFile {
  return Object.fromEntries(Object.entries(file).filter(([member, value]) => !readOnly.has(member) && value !== null))
}

/** An image for a container of this name, or for the placeholder `<NAME>`, as CodePipeline fills it in. */
export type NamedImage = { readonly name: string; readonly image: string }

/**
 * The file with these images in it.
 *
 * @returns also the names that are neither a container's nor a placeholder's
 */
export function withImages(
  file: TaskDefinitionFile,
  images: readonly NamedImage[],
): { readonly filled: TaskDefinitionFile; readonly unknown: readonly string[] } {
  const containers = containersOf(file)
  const places = placeholdersIn(file)
  const unknown = images
    .map(({ name }) => name)
    .filter((name) => !places.includes(`<${name}>`) && !containers.some((container) => container['name'] === name))
  const replaced = images.reduce<unknown>((value, { name, image }) => replacedIn(value, `<${name}>`, image), file)
  const filled = replaced as TaskDefinitionFile
  const definitions = filled['containerDefinitions']
  if (!Array.isArray(definitions)) return { filled, unknown }
  const containerDefinitions = definitions.map((container: unknown) => {
    const named = isMapping(container) ? images.find(({ name }) => name === container['name']) : undefined
    return named === undefined ? container : { ...(container as object), image: named.image }
  })
  return { filled: { ...filled, containerDefinitions }, unknown }
}

/** `<IMAGE1_NAME>` and the like, wherever they stand, in the order in which they come. */
export function placeholdersIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [...new Set(value.match(/<[A-Za-z0-9_-]+>/g))]
  if (typeof value !== 'object' || value === null) return []
  return [...new Set(Object.values(value).flatMap(placeholdersIn))]
}

export function containersOf(file: TaskDefinitionFile): readonly Readonly<Record<string, unknown>>[] {
  const containers = file['containerDefinitions']
  if (!Array.isArray(containers)) return []
  return containers.filter((container) => typeof container === 'object' && container !== null)
}

function replacedIn(value: unknown, placeholder: string, text: string): unknown {
  if (typeof value === 'string') return value.replaceAll(placeholder, text)
  if (Array.isArray(value)) return value.map((item) => replacedIn(item, placeholder, text))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, replacedIn(member, placeholder, text)]),
  )
}

/** Without empty lists and mappings, which ECS answers for what was not given. */
export function withoutEmptyMembers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmptyMembers)
  if (!isMapping(value) || value instanceof Date) return value
  const members = Object.entries(value)
    .map(([name, member]) => [name, withoutEmptyMembers(member)] as const)
    .filter(([, member]) => member !== undefined && member !== null && !isEmpty(member))
  return Object.fromEntries(members)
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}

export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
