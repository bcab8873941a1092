import type { Shape } from './operation-table.ts'
import { pathText, type Path } from './path.ts'
import type { AwsError } from '../../domain/aws-error.ts'

/** How a protocol refuses a value, told what is wrong with it and where it is. */
export type ValueRefusal = (text: string, path: Path) => AwsError

/** Reads a simple value from the text which forms, XML, headers, paths and query strings have for it. */
export function readText(shape: Shape, text: string, path: Path, refusal: ValueRefusal): unknown {
  if (shape.isStringSchema()) return text
  if (shape.isBooleanSchema()) return readBoolean(text, path, refusal)
  if (shape.isNumericSchema()) return readNumber(text, path, refusal)
  if (shape.isTimestampSchema()) return readTimestamp(text, path, refusal)
  if (shape.isBlobSchema()) return new Uint8Array(Buffer.from(text, 'base64'))
  throw new Error(`The reader of texts does not know the type of ${shape.getName(true) ?? pathText(path)}.`)
}

function readBoolean(text: string, path: Path, refusal: ValueRefusal): boolean {
  const lower = text.toLowerCase()
  if (lower !== 'true' && lower !== 'false') throw refusal(`'${text}' is neither true nor false`, path)
  return lower === 'true'
}

function readNumber(text: string, path: Path, refusal: ValueRefusal): number {
  const isDecimal = /^\s*[+-]?(?:\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?|Infinity)\s*$/i.test(text)
  if (!isDecimal) throw refusal(`'${text}' is not a number`, path)
  return Number(text)
}

/** ISO 8601, the dates of HTTP headers, and seconds since epoch cannot be mistaken for each other. */
function readTimestamp(text: string, path: Path, refusal: ValueRefusal): Date {
  const date = new Date(/^-?\d+(\.\d+)?$/.test(text) ? Math.round(Number(text) * 1000) : text)
  if (Number.isNaN(date.getTime())) throw refusal(`'${text}' is not a timestamp, such as 2026-01-31T12:00:00Z`, path)
  return date
}
