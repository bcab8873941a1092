/**
 * Writes `src/aws/wire/enum-members.json`: which members of operation inputs hold which enum. The SDK clients' schemas
 * do not say it (an enum is a string there), their type declarations do. Run `node scripts/enum-members.ts` after
 * updating an SDK client or adding one to the list; a test tells when that was forgotten.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { NormalizedSchema } from '@smithy/core/schema'
import { readOperationTable } from '../src/aws/wire/operation-table.ts'

const clients = [
  'client-acm',
  'client-application-auto-scaling',
  'client-cloudwatch',
  'client-codedeploy',
  'client-ecs',
  'client-elastic-load-balancing-v2',
  'client-lambda',
  'client-s3',
  'client-sts',
  'client-secrets-manager',
  'client-ssm',
  'client-cloudwatch-logs',
]
const target = new URL('../src/aws/wire/enum-members.json', import.meta.url)

/** By the structure's qualified name, then the member's: the enum's name. */
export type EnumMembers = Record<string, Record<string, string>>

/** Read from the SDK clients that are installed. */
export async function declaredEnumMembers(): Promise<EnumMembers> {
  const members: EnumMembers = {}
  for (const client of clients) Object.assign(members, await enumMembersOf(client))
  return members
}

async function enumMembersOf(client: string): Promise<EnumMembers> {
  const sdk = (await import(`@aws-sdk/${client}`)) as object
  const table = readOperationTable(sdk)
  const declared = declaredMembers(client)
  const found: EnumMembers = {}
  for (const [name, structure] of inputStructures([...table.operations.values()].map(({ input }) => input))) {
    const types = Object.entries(declared[structure] ?? {}).filter(([, type]) => table.enumValues(type) !== undefined)
    if (types.length > 0) found[name] = Object.fromEntries(types)
  }
  return found
}

/** The types of interfaces' members, from the client's `models` declarations: `status?: DeploymentStatus[] | undefined;` */
function declaredMembers(client: string): Record<string, Record<string, string>> {
  const directory = new URL(`../node_modules/@aws-sdk/${client}/dist-types/models/`, import.meta.url)
  const interfaces: Record<string, Record<string, string>> = {}
  for (const file of readdirSync(directory).filter((name) => /^models_\d+\.d\.ts$/.test(name))) {
    let members: Record<string, string> = {}
    for (const line of readFileSync(new URL(file, directory), 'utf8').split('\n')) {
      const opened = /^export (?:interface|declare namespace|type) (\w+)/.exec(line)?.[1]
      if (opened !== undefined) members = interfaces[opened] ??= {}
      const [, member, type] = /^ {4}(\w+)\??: (\w+)(?:\[\])*(?: \| undefined)?;/.exec(line) ?? []
      if (member !== undefined && type !== undefined) members[member] = type
    }
  }
  return interfaces
}

/** Every structure which a request can hold: its qualified name and its name. */
function inputStructures(inputs: readonly NormalizedSchema[]): Map<string, string> {
  const found = new Map<string, string>()
  const open = [...inputs]
  for (let shape = open.pop(); shape; shape = open.pop()) {
    if (shape.isListSchema() || shape.isMapSchema()) open.push(shape.getValueSchema())
    const name = shape.getName(true)
    if (!shape.isStructSchema() || name === undefined || found.has(name)) continue
    found.set(name, shape.getName() ?? name)
    for (const [, member] of shape.structIterator()) open.push(member)
  }
  return new Map([...found].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(target, `${JSON.stringify(await declaredEnumMembers(), null, 2)}\n`)
}
