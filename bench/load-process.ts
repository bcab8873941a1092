import { connect as connectHttp2 } from 'node:http2'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { LoadPlan, LoadResult } from './load.ts'
import { quantile } from './statistics.ts'

const streamsOfConnection = 32
const endOfHead = Buffer.from('\r\n\r\n')

const plan = JSON.parse(process.argv[2] ?? '') as LoadPlan
const latencies: number[] = []
let errors = 0
let isOver = false

const startedAt = performance.now()
if (plan.protocol === 'h2') askByHttp2()
else for (let index = 0; index < plan.connections; index++) askByHttp1()

setTimeout(() => {
  isOver = true
  const seconds = (performance.now() - startedAt) / 1_000
  const sorted = Float64Array.from(latencies).toSorted()
  const result: LoadResult = {
    requests: sorted.length,
    requestsPerSecond: sorted.length / seconds,
    p50Milliseconds: quantile(sorted, 0.5),
    p99Milliseconds: quantile(sorted, 0.99),
    errors,
  }
  process.stdout.write(JSON.stringify(result), () => process.exit(0))
}, plan.seconds * 1_000)

/** One connection that asks again as soon as the answer is whole. */
function askByHttp1(): void {
  const request = `GET / HTTP/1.1\r\nHost: 127.0.0.1:${plan.port}\r\n\r\n`
  const socket = open()
  let sentAt = 0
  let rest = Buffer.alloc(0)
  let missing = 0
  const ask = (): void => {
    sentAt = performance.now()
    socket.write(request)
  }
  socket.once(plan.protocol === 'https' ? 'secureConnect' : 'connect', ask)
  socket.on('data', (chunk: Buffer) => {
    if (missing > 0) missing -= chunk.length
    else {
      rest = Buffer.concat([rest, chunk])
      const end = rest.indexOf(endOfHead)
      if (end < 0) return
      const head = rest.toString('latin1', 0, end)
      if (!head.startsWith('HTTP/1.1 200')) errors++
      missing = Number(/^content-length: *(\d+)/im.exec(head)?.[1]) - (rest.length - end - endOfHead.length)
      rest = Buffer.alloc(0)
    }
    if (missing > 0 || isOver) return
    latencies.push(performance.now() - sentAt)
    ask()
  })
  socket.on('error', () => undefined)
  socket.on('close', () => {
    if (isOver) return
    errors++
    setTimeout(askByHttp1, 10)
  })
}

function open(): Socket {
  const { port, protocol } = plan
  const options = { port, host: '127.0.0.1', noDelay: true }
  return protocol === 'https' ? connectTls({ ...options, rejectUnauthorized: false }) : connectTcp(options)
}

function askByHttp2(): void {
  for (let first = 0; first < plan.connections; first += streamsOfConnection) {
    const session = connectHttp2(`https://127.0.0.1:${plan.port}`, { rejectUnauthorized: false })
    session.on('error', () => errors++)
    const ask = (): void => {
      if (isOver || session.closed || session.destroyed) return
      const sentAt = performance.now()
      const stream = session.request({ ':path': '/', ':authority': 'localhost' })
      stream.on('response', (headers) => {
        if (headers[':status'] !== 200) errors++
      })
      stream.on('error', () => errors++)
      stream.on('end', () => {
        if (!isOver) latencies.push(performance.now() - sentAt)
      })
      stream.on('close', ask)
      stream.resume()
      stream.end()
    }
    const streams = Math.min(streamsOfConnection, plan.connections - first)
    session.once('connect', () => Array.from({ length: streams }, ask))
  }
}
