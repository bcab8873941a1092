import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import {
  callRouter,
  routerCommand,
  routerSocketPath,
  spawnRouter,
  type RouterSpawn,
} from '../../src/adapters/router-process.ts'
import { openFilesIn } from '../../src/domain/open-files.ts'
import type { ReportInJson } from '../../src/domain/router-report.ts'
import { Cleanups, eventually } from '../router/test-router.ts'

/** As on Linux, where a process may have twice as many: the others get less room. */
const isRoomMissing = !existsSync('/proc/self/limits') || openFilesIn(readFileSync('/proc/self/limits', 'utf8')) < 8_192
const spawned: RouterSpawn = { listenHost: '127.0.0.1', router: 1, routers: 1, version: '' }

test(
  'a router has room for thousands of files before it has them, and so has its successor',
  { skip: isRoomMissing },
  async () => {
    await using cleanups = new Cleanups()
    const dataDirectory = cleanups.temporaryDirectory()
    const socketPath = routerSocketPath(dataDirectory, 1)
    const first = spawnRouter(dataDirectory, spawned)
    cleanups.add(() => void first.kill('SIGKILL'))
    await eventually('it can be called', () => existsSync(socketPath))
    assert.ok(roomOf(first.pid) >= 4_096)
    const command = routerCommand(dataDirectory, spawned)
    await callRouter(socketPath, { method: 'POST', path: '/succession', body: { command } })
    const { pid } = (await callRouter(socketPath, { method: 'GET', path: '/report' })) as ReportInJson
    cleanups.add(() => void process.kill(pid, 'SIGKILL'))
    assert.notEqual(pid, first.pid)
    assert.ok(roomOf(pid) >= 4_096)
  },
)

/** How many files a process may have before the kernel makes its table larger. */
function roomOf(pid = 0): number {
  return Number(/^FDSize:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}
