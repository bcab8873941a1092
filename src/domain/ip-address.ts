/** An address as a number, with the length of its family: 32 bits for IPv4, 128 for IPv6. */
type IpAddress = { readonly bits: 32 | 128; readonly value: bigint }

/**
 * True when the address lies in the block, e.g. `10.0.0.7` in `10.0.0.0/8`. An IPv4 address in IPv6 clothes
 * (`::ffff:10.0.0.7`, as sockets that listen on both families show it) counts as IPv4, and so does a block in them
 * (`::ffff:10.0.0.0/104`). What is no address is in no block.
 */
export function isInCidr(address: string, cidr: string): boolean {
  const [network = '', prefix] = cidr.split('/')
  const one = parseIpAddress(address)
  const other = parseIpAddress(network)
  if (one === undefined || other === undefined || one.bits !== other.bits) return false
  const writtenBits = network.includes(':') ? 128 : 32
  const prefixBits = prefix === undefined ? writtenBits : Number(prefix)
  if (!Number.isInteger(prefixBits) || prefixBits < 0 || prefixBits > writtenBits) return false
  // Of a block in clothes that has all of IPv4 in it, none of an address's own bits are left to compare.
  const hostBits = BigInt(Math.min(writtenBits - prefixBits, other.bits))
  return one.value >> hostBits === other.value >> hostBits
}

function parseIpAddress(text: string): IpAddress | undefined {
  if (!text.includes(':')) {
    const value = parseIpv4(text)
    return value === undefined ? undefined : { bits: 32, value }
  }
  const value = parseIpv6(text)
  if (value === undefined) return undefined
  return value >> 32n === 0xffffn ? { bits: 32, value: value & 0xffff_ffffn } : { bits: 128, value }
}

function parseIpv4(text: string): bigint | undefined {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)) return undefined
  return parts.reduce((value, part) => (value << 8n) | BigInt(part), 0n)
}

function parseIpv6(text: string): bigint | undefined {
  const lastColon = text.lastIndexOf(':')
  const embedded = text.includes('.') ? parseIpv4(text.slice(lastColon + 1)) : undefined
  if (text.includes('.') && embedded === undefined) return undefined
  const plain =
    embedded === undefined
      ? text
      : `${text.slice(0, lastColon + 1)}${(embedded >> 16n).toString(16)}:${(embedded & 0xffffn).toString(16)}`
  const halves = plain.split('::')
  if (halves.length > 2) return undefined
  const [left = [], right = []] = halves.map((half) => (half === '' ? [] : half.split(':')))
  const missing = 8 - left.length - right.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined
  const groups = [...left, ...Array.from({ length: missing }, () => '0'), ...right]
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined
  return groups.reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n)
}
