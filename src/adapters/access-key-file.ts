import { randomBytes, randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeDurably } from './durable-file.ts'

type AccessKey = { readonly accessKeyId: string; readonly secretAccessKey: string }

/** The key that clients on other machines sign with: made once for a data directory, readable to its owner only. */
export function accessKeyIn(dataDirectory: string): AccessKey {
  const path = join(dataDirectory, 'access-key.json')
  return readKey(path) ?? newKey(path)
}

function readKey(path: string): AccessKey | undefined {
  try {
    const key: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (isKey(key)) return key
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    if (!(error instanceof SyntaxError)) throw error
  }
  throw new Error(
    `${path}, the key that clients on other machines sign with, is damaged. Put a backup in its place, or remove it: a new key is made then.`,
  )
}

/** Less than a whole key would let everybody in, or nobody. */
function isKey(key: unknown): key is AccessKey {
  if (typeof key !== 'object' || key === null || !('accessKeyId' in key) || !('secretAccessKey' in key)) return false
  return [key.accessKeyId, key.secretAccessKey].every((part) => typeof part === 'string' && part !== '')
}

function newKey(path: string): AccessKey {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const id = Array.from({ length: 16 }, () => letters[randomInt(letters.length)]).join('')
  const key = { accessKeyId: `TEAL${id}`, secretAccessKey: randomBytes(30).toString('hex') }
  writeDurably(path, JSON.stringify(key))
  return key
}
