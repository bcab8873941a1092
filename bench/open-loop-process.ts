import { connect } from 'node:net'
import type { OpenLoopPlan, OpenLoopResult, TimedRequest } from './open-loop.ts'

const tickMilliseconds = 1
const patienceMilliseconds = 3_000
const endOfHead = Buffer.from('\r\n\r\n')

type Connection = { readonly send: (dueAt: number) => void }

const plan = JSON.parse(process.argv[2] ?? '') as OpenLoopPlan
const request = Buffer.from(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${plan.port}\r\n\r\n`)
const requests: TimedRequest[] = []
const idle: Connection[] = []
/** Due, but no connection was free. */
const waiting: number[] = []
let reopened = 0
let isOver = false
let inFlight = 0

for (let index = 0; index < plan.connections; index++) open()
const startedAt = now()
let due = 0
const ticking = setInterval(tick, tickMilliseconds)

function tick(): void {
  const elapsed = Math.min(now() - startedAt, plan.seconds * 1_000)
  // However late this tick is, requests are due when they are due.
  for (; (due * 1_000) / plan.requestsPerSecond < elapsed; due++) {
    const dueAt = startedAt + (due * 1_000) / plan.requestsPerSecond
    const free = idle.shift()
    if (free === undefined) waiting.push(dueAt)
    else free.send(dueAt)
  }
  const sinceEnd = now() - startedAt - plan.seconds * 1_000
  if (sinceEnd >= 0 && ((inFlight === 0 && waiting.length === 0) || sinceEnd > patienceMilliseconds)) finish()
}

function finish(): void {
  clearInterval(ticking)
  isOver = true
  const unanswered = waiting.length + inFlight
  const result: OpenLoopResult = { requests, unanswered, reopened }
  process.stdout.write(JSON.stringify(result), () => process.exit(0))
}

/** A kept connection: one request at a time; opened again when it was closed. */
function open(): void {
  const socket = connect({ port: plan.port, host: '127.0.0.1', noDelay: true })
  let current: { readonly dueAt: number; readonly sentAt: number } | undefined
  let received = Buffer.alloc(0)
  const connection: Connection = {
    send: (dueAt) => {
      current = { dueAt, sentAt: now() }
      inFlight++
      socket.write(request)
    },
  }
  const free = (): void => {
    const dueAt = waiting.shift()
    if (dueAt === undefined) idle.push(connection)
    else connection.send(dueAt)
  }
  const settle = (group: string | undefined): void => {
    if (current === undefined) return
    inFlight--
    requests.push([current.dueAt, current.sentAt, now(), group ?? ''])
    current = undefined
  }
  socket.once('connect', free)
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk])
    const answer = wholeAnswer(received)
    if (answer === undefined) return
    received = Buffer.alloc(0)
    settle(answer.group)
    // An announced end is no failure: the next request takes another connection.
    if (answer.closes) socket.destroy()
    else free()
  })
  socket.on('error', () => undefined)
  socket.on('end', () => socket.destroy())
  socket.on('close', () => {
    // A connection that is closed under a request has failed it.
    settle(undefined)
    const index = idle.indexOf(connection)
    if (index >= 0) idle.splice(index, 1)
    if (isOver) return
    reopened++
    setTimeout(open, 1)
  })
}

function wholeAnswer(received: Buffer): { readonly group: string | undefined; readonly closes: boolean } | undefined {
  const end = received.indexOf(endOfHead)
  if (end < 0) return undefined
  const head = received.toString('latin1', 0, end)
  const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0)
  if (received.length < end + endOfHead.length + length) return undefined
  const isOk = head.startsWith('HTTP/1.1 200')
  const group = isOk ? /^x-group: *(\w)/im.exec(head)?.[1] : undefined
  return { group, closes: /^connection: *close/im.test(head) }
}

/** Milliseconds of the system's monotonic clock, which is the same in every process. */
function now(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
