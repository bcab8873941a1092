import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { checkFolders, DataDirectory, DataDirectoryInUse, readNote } from '../../src/adapters/data-directory.ts'

test('a data directory is made for its owner alone', (t) => {
  const path = join(temporaryDirectory(t), 'deep', '.teal')
  const claimed = DataDirectory.claim(path)
  assert.equal(statSync(path).mode & 0o777, 0o700)
  claimed.release()
})

test('a second claim is refused and names who holds the directory and where it listens', (t) => {
  const path = temporaryDirectory(t)
  const first = DataDirectory.claim(path)
  assert.throws(() => DataDirectory.claim(path, { patienceMilliseconds: 0 }), {
    message: `Another Teal (process ${process.pid}) is running on ${path}. Use that one, end it with \`teal down --data ${path}\`, or choose another directory with --data.`,
  })
  first.announce('http://127.0.0.1:4566')
  assert.throws(
    () => DataDirectory.claim(path, { patienceMilliseconds: 0 }),
    (error) =>
      error instanceof DataDirectoryInUse &&
      error.note?.url === 'http://127.0.0.1:4566' &&
      error.message.includes(`(process ${process.pid}) is running on ${path}, listening on http://127.0.0.1:4566.`),
  )
  first.release()
})

test('a directory is lost when it is removed, or another takes its place; not when only its lock is removed', (t) => {
  const path = join(temporaryDirectory(t), '.teal')
  const claimed = DataDirectory.claim(path)
  t.after(() => claimed.release())
  writeFileSync(claimed.file('state.db'), '')
  assert.equal(claimed.isLost(), false)
  rmSync(claimed.file('engine.lock'))
  assert.equal(claimed.isLost(), false)
  rmSync(path, { recursive: true })
  assert.equal(claimed.isLost(), true)
  mkdirSync(path)
  writeFileSync(claimed.file('engine.lock'), '')
  writeFileSync(claimed.file('other'), '')
  assert.equal(claimed.isLost(), true)
})

test('a directory that was given back can be claimed again, and its note is gone', (t) => {
  const path = temporaryDirectory(t)
  DataDirectory.claim(path).release()
  assert.equal(readNote(path), undefined)
  const again = DataDirectory.claim(path)
  assert.deepEqual(readNote(path), { pid: process.pid })
  again.release()
  again.release()
})

test('on a disk that is full nobody claims a directory to serve, but whoever ends what is left there does', (t) => {
  const path = temporaryDirectory(t)
  const note = join(path, 'engine.json')
  writeFileSync(note, '{"pid":1}')
  writeFileSync(join(path, 'free.lock'), '')
  const program = `
    import { DataDirectory } from ${JSON.stringify(new URL('../../src/adapters/data-directory.ts', import.meta.url).href)}
    import { isFileLockHeld } from ${JSON.stringify(new URL('../../src/adapters/file-lock.ts', import.meta.url).href)}
    import { takeRouterLock } from ${JSON.stringify(new URL('../../src/router/router-lock.ts', import.meta.url).href)}
    const path = ${JSON.stringify(path)}
    const answers = []
    try { DataDirectory.claim(path) } catch { answers.push('refused') }
    DataDirectory.claimToEnd(path)
    takeRouterLock(path, 'router')
    answers.push(isFileLockHeld(path + '/engine.lock'), isFileLockHeld(path + '/router.lock'), isFileLockHeld(path + '/free.lock'))
    console.log(answers.join())`
  // To a process that may write no byte to a file every disk is full.
  const limited = ['-c', 'ulimit -f 0; exec "$0" "$@"', process.execPath, '--input-type=module', '--eval', program]
  assert.equal(execFileSync('/bin/sh', limited, { encoding: 'utf8' }), 'refused,true,true,false\n')
  assert.equal(existsSync(note), false)
})

test('a process that is killed gives its directory back', async (t) => {
  const path = temporaryDirectory(t)
  const module = new URL('../../src/adapters/data-directory.ts', import.meta.url).href
  const program = `
    import { DataDirectory } from ${JSON.stringify(module)}
    globalThis.claimed = DataDirectory.claim(${JSON.stringify(path)})
    claimed.announce('http://127.0.0.1:1')
    console.log('claimed')
    setInterval(() => {}, 1000)`
  const holder = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => holder.kill('SIGKILL'))
  await once(holder.stdout, 'data')
  assert.throws(() => DataDirectory.claim(path, { patienceMilliseconds: 0 }), {
    message: new RegExp(`process ${holder.pid}`),
  })

  holder.kill('SIGKILL')
  await once(holder, 'exit')
  const claimed = DataDirectory.claim(path)
  assert.deepEqual(readNote(path), { pid: process.pid })
  claimed.release()
})

test('a file where the directory should be is a clear error', (t) => {
  const file = join(temporaryDirectory(t), 'file')
  writeFileSync(file, 'x')
  assert.throws(() => DataDirectory.claim(file), /The data directory .*file is not a directory.*--data/)
  assert.throws(() => DataDirectory.claim(join(file, 'below')), /is not a directory, or lies in something that is none/)
})

test('a directory this user may not write is a clear error', (t) => {
  if (process.getuid?.() === 0) return t.skip('root may write everywhere')
  const path = temporaryDirectory(t)
  chmodSync(path, 0o500)
  assert.throws(() => DataDirectory.claim(path), /cannot be written by this user/)
  assert.throws(() => DataDirectory.claim(join(path, 'below')), /cannot be written by this user/)
})

test('a folder in it that is a file, or of another user, is a clear error, and leaves the directory to others', (t) => {
  const path = temporaryDirectory(t)
  const logs = join(path, 'logs')
  writeFileSync(logs, 'x')
  assert.throws(() => DataDirectory.claim(path), /logs is not a directory\. .*choose another --data/)
  // Whoever only ends what runs does not need it.
  DataDirectory.claimToEnd(path).release()
  rmSync(logs)
  DataDirectory.claim(path).release()
  if (process.getuid?.() === 0) return
  mkdirSync(logs, { mode: 0o000 })
  assert.throws(() => DataDirectory.claim(path), /logs cannot be read and written by this user/)
  checkFolders(path, ['tasks'])
  rmdirSync(logs)
})

test('a read-only and a full disk are clear errors', (t) => {
  const path = smallDisk(t, 'size=4k,nr_inodes=2')
  if (path === undefined) return
  assert.throws(() => DataDirectory.claim(join(path, 'a', 'b', 'c')), /lies on a disk that is full/)
  execFileSync('mount', ['-o', 'remount,ro', path])
  assert.throws(() => DataDirectory.claim(path), /read-only file system/)
  assert.throws(() => DataDirectory.claim(join(path, 'data')), /read-only file system/)
  assert.equal(existsSync(join(path, 'engine.json')), false)
  assert.ok(readdirSync(path).length <= 1)
})

test('a disk that has filled up under a directory is told with what to free, and that what runs goes on', (t) => {
  const path = smallDisk(t, 'size=16k')
  if (path === undefined) return
  writeFileSync(join(path, 'state.db'), 'state')
  assert.throws(() => writeFileSync(join(path, 'log'), Buffer.alloc(32_768)), /ENOSPC/)
  assert.throws(
    () => DataDirectory.claim(path),
    /disk that is full: not even engine\.json can be written in it\. Free some space and start Teal again; the router and/,
  )
})

/** Undefined where the user may mount none; the test is skipped then. */
function smallDisk(t: TestContext, options: string): string | undefined {
  const path = mkdtempSync(join(tmpdir(), 'teal-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path], { stdio: 'ignore' })
  } catch {
    rmSync(path, { recursive: true })
    t.skip('only root can mount the small disk this test needs')
    return undefined
  }
  t.after(() => {
    execFileSync('umount', ['-l', path])
    rmSync(path, { recursive: true })
  })
  return path
}

function temporaryDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'teal-data-'))
  t.after(() => rmSync(directory, { recursive: true }))
  return directory
}
