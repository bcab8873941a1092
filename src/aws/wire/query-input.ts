import { AwsError } from '../../domain/aws-error.ts'
import { formTree, type FormNode } from './form-tree.ts'
import type { Shape } from './operation-table.ts'
import { pathText, type Path } from './path.ts'
import type { Decoded } from './protocol.ts'
import { readText } from './text-value.ts'

/**
 * Reads a query protocol's form by the schema of its operation: `Actions.member.1.Type=forward` is
 * `{ Actions: [{ Type: 'forward' }] }`, and `Actions=` an empty list.
 *
 * @throws AwsError ValidationError where a value has the wrong type
 */
export function readQueryInput(shape: Shape, form: URLSearchParams): Decoded {
  const unknownMembers: Path[] = []
  if (shape.isUnitSchema()) return { input: {}, unknownMembers }
  const members = [...form].filter(([name]) => !isEnvelope(name))
  return { input: readStructure(shape, formTree(members), [], unknownMembers), unknownMembers }
}

/** What belongs to the call rather than to the operation's input, also in signatures of the oldest kind. */
function isEnvelope(name: string): boolean {
  return /^(Action|Version|AWSAccessKeyId|Signature(Method|Version)?|Timestamp|Expires|SecurityToken|X-Amz-.*)$/.test(
    name,
  )
}

function readValue(shape: Shape, node: FormNode, path: Path, unknownMembers: Path[]): unknown {
  if (shape.isStructSchema()) return readStructure(shape, node, path, unknownMembers)
  if (shape.isListSchema()) return readList(shape, node, path, unknownMembers)
  if (shape.isMapSchema()) return readMap(shape, node, path, unknownMembers)
  return readSimple(shape, node, path)
}

function readStructure(shape: Shape, node: FormNode, path: Path, unknownMembers: Path[]): Record<string, unknown> {
  if (node.text) throw refusal(`'${node.text}' was given for a structure`, path)
  const structure: Record<string, unknown> = {}
  const rest = new Set(node.children.keys())
  for (const [name, member] of shape.structIterator()) {
    const wireName = member.getMergedTraits().xmlName ?? name
    const child = node.children.get(wireName)
    rest.delete(wireName)
    if (child) structure[name] = readValue(member, child, [...path, name], unknownMembers)
  }
  for (const name of rest) unknownMembers.push([...path, name])
  return structure
}

function readList(shape: Shape, node: FormNode, path: Path, unknownMembers: Path[]): unknown[] {
  const item = shape.getValueSchema()
  const itemName = item.getMergedTraits().xmlName ?? 'member'
  const items = shape.getMergedTraits().xmlFlattened ? node : onlyChild(node, itemName, path)
  return inOrder(items, path).map((child, i) => readValue(item, child, [...path, i], unknownMembers))
}

function readMap(shape: Shape, node: FormNode, path: Path, unknownMembers: Path[]): Record<string, unknown> {
  const [key, item] = [shape.getKeySchema(), shape.getValueSchema()]
  const [keyName, itemName] = [key.getMergedTraits().xmlName ?? 'key', item.getMergedTraits().xmlName ?? 'value']
  const items = shape.getMergedTraits().xmlFlattened ? node : onlyChild(node, 'entry', path)
  const entries = inOrder(items, path).map((entry) => {
    const [keyNode, itemNode] = [entry.children.get(keyName), entry.children.get(itemName)]
    if (keyNode?.text === undefined || !itemNode) throw refusal(`an entry needs a ${keyName} and a ${itemName}`, path)
    return [keyNode.text, readValue(item, itemNode, [...path, keyNode.text], unknownMembers)] as const
  })
  return Object.fromEntries(entries)
}

/** The node whose children are `1`, `2`, …; undefined for an empty list, which is sent as `Name=`. */
function onlyChild(node: FormNode, name: string, path: Path): FormNode | undefined {
  if (node.text)
    throw refusal(`'${node.text}' was given for a list, whose elements are named ${name}.1, ${name}.2, …`, path)
  for (const other of node.children.keys()) {
    if (other !== name) throw refusal(`a list's elements are named ${name}.1, ${name}.2, …, not ${other}`, path)
  }
  return node.children.get(name)
}

function inOrder(node: FormNode | undefined, path: Path): FormNode[] {
  const children = [...(node?.children ?? [])].map(([key, child]) => {
    if (!/^\d{1,9}$/.test(key)) throw refusal(`'${key}' is not the number of an element`, path)
    return { number: Number(key), child }
  })
  return children.toSorted((a, b) => a.number - b.number).map(({ child }) => child)
}

function readSimple(shape: Shape, node: FormNode, path: Path): unknown {
  const { text } = node
  if (text === undefined || node.children.size > 0)
    throw refusal('a list or structure was given for a simple value', path)
  return readText(shape, text, path, refusal)
}

function refusal(text: string, path: Path): AwsError {
  return new AwsError(
    'ValidationError',
    `Invalid value for ${path.length === 0 ? 'the request' : pathText(path)}: ${text}.`,
  )
}
