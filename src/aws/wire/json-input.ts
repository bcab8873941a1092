import { isUtf8 } from 'node:buffer'
import type { Shape } from './operation-table.ts'
import { readObjectInput, serializationError, wrongType, type Notation } from './object-input.ts'
import type { Path } from './path.ts'
import type { Decoded } from './protocol.ts'

/**
 * Reads a JSON body by the schema of its operation, or of that part of its input which the body carries.
 *
 * @throws AwsError SerializationException
 */
export function readJsonInput(shape: Shape, body: Buffer): Decoded {
  return readObjectInput(shape, body.length === 0 ? {} : parse(body), notation)
}

function parse(body: Buffer): unknown {
  // Read all the same, what is wrong would be kept as other characters than were meant.
  if (!isUtf8(body)) throw serializationError("The request's body is not JSON: it is not in UTF-8", [])
  try {
    return JSON.parse(body.toString('utf8'))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw serializationError(`The request's body is not JSON: ${reason}`, [])
  }
}

const notation: Notation = {
  /** Epoch seconds, with a fraction, as the JSON protocols have them. */
  timestamp(value, path) {
    if (typeof value !== 'number') return wrongType(value, 'milliseconds since epoch', path)
    return dateOfSeconds(value, path)
  },
  blob(value, path) {
    if (typeof value !== 'string') return wrongType(value, 'a Blob', path)
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(value)) throw serializationError('The text is not base64', path)
    return new Uint8Array(Buffer.from(value, 'base64'))
  },
}

export function dateOfSeconds(seconds: number, path: Path): Date {
  const date = new Date(Math.round(seconds * 1000))
  if (Number.isNaN(date.getTime())) throw serializationError(`${seconds} is not a time in seconds since epoch`, path)
  return date
}
