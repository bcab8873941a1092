import { isUtf8 } from 'node:buffer'
import { XmlShapeDeserializer } from '@aws-sdk/core/protocols'
import { AwsError } from '../../domain/aws-error.ts'
import type { Shape } from './operation-table.ts'
import type { Path } from './path.ts'
import { pathText } from './path.ts'
import type { Decoded } from './protocol.ts'
import { readText } from './text-value.ts'

/**
 * Reads an XML body by the schema of a structure. What its root element is called does not matter, as on AWS.
 *
 * @throws AwsError MalformedXML
 */
export function readXmlInput(shape: Shape, body: Buffer): Decoded {
  const unknownMembers: Path[] = []
  return { input: readStructure(shape, parse(body), [], unknownMembers), unknownMembers }
}

/** An element's text, or its attributes and children by name; those of one name that stand several times are a list. */
type Node = string | { readonly [name: string]: Node | readonly Node[] }

/** The SDK's parser, as its readers of XML use it. */
class Parser extends XmlShapeDeserializer {
  parse(xml: string): Node {
    return this.parseXml(xml) as Node
  }
}

const parser = new Parser({ timestampFormat: { useTrait: true, default: 5 }, xmlNamespace: '', serviceNamespace: '' })

function parse(body: Buffer): Node {
  if (!isUtf8(body)) throw malformed('it is not in UTF-8', [])
  try {
    return parser.parse(body.toString('utf8').replace(/^\uFEFF/, ''))
  } catch (error) {
    throw malformed(`it cannot be read: ${error instanceof Error ? error.message : String(error)}`, [])
  }
}

function readValue(shape: Shape, node: Node, path: Path, unknownMembers: Path[]): unknown {
  if (shape.isStructSchema()) return readStructure(shape, node, path, unknownMembers)
  if (shape.isListSchema()) return readList(shape, node, path, unknownMembers)
  if (shape.isMapSchema()) throw new Error(`The XML reader does not know maps, such as ${pathText(path)}.`)
  if (typeof node !== 'string') throw malformed('elements stand where text is expected', path)
  return readText(shape, node, path, malformed)
}

function readStructure(shape: Shape, node: Node, path: Path, unknownMembers: Path[]): Record<string, unknown> {
  if (typeof node === 'string' && node.trim() !== '')
    throw malformed(`'${node.trim()}' stands where elements are expected`, path)
  const children = typeof node === 'string' ? {} : node
  const structure: Record<string, unknown> = {}
  const rest = new Set(Object.keys(children).filter((name) => !isMarkup(name)))
  for (const [name, member] of shape.structIterator()) {
    const { xmlName, xmlFlattened } = member.getMergedTraits()
    const wireName = xmlName ?? name
    rest.delete(wireName)
    const child = Object.hasOwn(children, wireName) ? children[wireName] : undefined
    if (child === undefined) continue
    const memberPath = [...path, name]
    structure[name] = xmlFlattened
      ? readItems(member, child, memberPath, unknownMembers)
      : readValue(member, theOnly(child, memberPath), memberPath, unknownMembers)
  }
  for (const name of rest) unknownMembers.push([...path, name])
  return structure
}

/** Namespace declarations, and the text between elements. */
const isMarkup = (name: string): boolean => name === '#text' || name === 'xmlns' || name.startsWith('xmlns:')

function readList(shape: Shape, node: Node, path: Path, unknownMembers: Path[]): unknown[] {
  const itemName = shape.getValueSchema().getMergedTraits().xmlName ?? 'member'
  if (typeof node === 'string') {
    if (node.trim() !== '') throw malformed(`'${node.trim()}' stands where elements ${itemName} are expected`, path)
    return []
  }
  for (const name of Object.keys(node)) if (name !== itemName && !isMarkup(name)) unknownMembers.push([...path, name])
  return readItems(shape, node[itemName] ?? [], path, unknownMembers)
}

function readItems(shape: Shape, nodes: Node | readonly Node[], path: Path, unknownMembers: Path[]): unknown[] {
  const item = shape.getValueSchema()
  return (isList(nodes) ? nodes : [nodes]).map((node, i) => readValue(item, node, [...path, i], unknownMembers))
}

const isList = (nodes: Node | readonly Node[]): nodes is readonly Node[] => Array.isArray(nodes)

function theOnly(nodes: Node | readonly Node[], path: Path): Node {
  if (!isList(nodes)) return nodes
  const [node, ...more] = nodes
  if (node === undefined || more.length > 0) throw malformed('the element stands more than once', path)
  return node
}

function malformed(text: string, path: Path): AwsError {
  const place = path.length === 0 ? '' : ` (at ${pathText(path)})`
  return new AwsError('MalformedXML', `The XML you provided is not what this operation takes: ${text}${place}.`)
}
