import { createHash, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { ObjectFilesOnDisk } from '../../src/adapters/object-files.ts'
import { SqlitePersistence } from '../../src/adapters/sqlite-persistence.ts'
import { SystemChance } from '../../src/adapters/system-chance.ts'
import { SystemClock } from '../../src/adapters/system-clock.ts'
import { ObjectStore } from '../../src/engine/object-store.ts'
import { Store } from '../../src/engine/store.ts'

/** Puts, replaces and deletes objects until it is killed, and prints a line for each change once it is acknowledged. */
const [dataDirectory = ''] = process.argv.slice(2)
const store = new Store(SqlitePersistence.open(join(dataDirectory, 'state.db')))
const files = new ObjectFilesOnDisk(dataDirectory)
const objects = new ObjectStore({ store, files, clock: new SystemClock(), chance: new SystemChance() })
const bucket = { bucketName: 'bucket', region: 'us-east-1', createTime: 0 }
store.buckets.put('bucket', bucket)
for (let round = 0; ; round += 1) {
  const key = `key-${round % 7}`
  if (round % 5 === 4) {
    await objects.delete(bucket, key, undefined)
    console.log(`${key} deleted`)
    continue
  }
  const pieces = [randomBytes(50_000), randomBytes(round % 3000)]
  const content = { content: pieces, headers: { contentType: 'text/plain', metadata: {} } }
  await objects.put({ bucket: 'bucket', key }, content, () => bucket)
  console.log(`${key} ${createHash('md5').update(Buffer.concat(pieces)).digest('hex')}`)
}
