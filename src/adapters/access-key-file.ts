import { randomBytes, randomInt } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

type AccessKey = { readonly accessKeyId: string; readonly secretAccessKey: string }

/** The key that clients on other machines sign with: made once for a data directory, readable to its owner only. */
export function accessKeyIn(dataDirectory: string): AccessKey {
  const path = join(dataDirectory, 'access-key.json')
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as AccessKey
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const id = Array.from({ length: 16 }, () => letters[randomInt(letters.length)]).join('')
  const key = { accessKeyId: `TEAL${id}`, secretAccessKey: randomBytes(30).toString('hex') }
  writeFileSync(path, JSON.stringify(key), { mode: 0o600, flag: 'wx' })
  return key
}
