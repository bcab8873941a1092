import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { defaultBalancing, type RouteAction, type TargetBalancing } from '../../src/domain/routing-table.ts'
import { StickyCookies, stickyId, type CookieHeader } from '../../src/router/sticky-cookies.ts'
import { freePort } from '../free-port.ts'
import {
  Cleanups,
  eventually,
  forwardTo,
  listener,
  send,
  startApp,
  startRouter,
  table,
  targetGroup,
  untilHealthy,
  type TestApp,
} from './test-router.ts'

const blue = 'arn:aws:elasticloadbalancing:eu-west-1:000000000000:targetgroup/blue/0123456789abcdef'
const green = 'arn:aws:elasticloadbalancing:eu-west-1:000000000000:targetgroup/green/fedcba9876543210'
const target = { key: `${blue} 127.0.0.1:8001`, targetGroupArn: blue }
const now = Date.UTC(2026, 0, 2, 3, 4, 5, 678)
const http = { nowMilliseconds: now, isSecure: false }
const lbCookie = { type: 'lb_cookie', durationSeconds: 60 } as const
const appCookie = { type: 'app_cookie', cookieName: 'JSESSIONID', durationSeconds: 60 } as const
const both = {
  targetGroups: [
    { targetGroupArn: blue, weight: 50 },
    { targetGroupArn: green, weight: 50 },
  ],
}

describe('the cookie of a target group', () => {
  test('is set twice, the second time for requests from other origins', () => {
    const lines = new StickyCookies().targetGroupLines(blue, 60, http).split('\r\n')
    assert.match(lines[0] ?? '', /^Set-Cookie: AWSALBTG=[\w-]{39}; Expires=Fri, 09 Jan 2026 03:04:05 GMT; Path=\/$/)
    assert.equal(lines[1], `${lines[0]?.replace('AWSALBTG', 'AWSALBTGCORS')}; SameSite=None`)
    assert.deepEqual(lines.slice(2), [''])
    const ofHttps = new StickyCookies().targetGroupLines(blue, 60, { ...http, isSecure: true })
    assert.match(ofHttps, /AWSALBTGCORS=.*; SameSite=None; Secure\r\n$/)
  })

  test('leads back to the group, in every router process', () => {
    const cookie = cookiesOf(new StickyCookies().targetGroupLines(green, 60, http))
    assert.equal(new StickyCookies().targetGroup(both, header(cookie), now), green)
    const twinOnly = cookie.slice(cookie.indexOf('AWSALBTGCORS'))
    assert.equal(new StickyCookies().targetGroup(both, header(twinOnly), now), green)
  })

  test('is worth nothing when it is over, changed, foreign, or of a group with weight 0', () => {
    const cookies = new StickyCookies()
    const cookie = cookiesOf(cookies.targetGroupLines(blue, 60, http))
    assert.equal(cookies.targetGroup(both, header(cookie), now + 59_000), blue)
    assert.equal(cookies.targetGroup(both, header(cookie), now + 60_000), undefined)
    const [, value = ''] = /AWSALBTG=([^;]+)/.exec(cookie) ?? []
    for (let at = 0; at < value.length; at++) {
      const changed = `${value.slice(0, at)}${value[at] === '0' ? '1' : '0'}${value.slice(at + 1)}`
      assert.equal(cookies.targetGroup(both, header(`AWSALBTG=${changed}`), now), undefined, String(at))
    }
    assert.equal(cookies.targetGroup(both, header(`AWSALBTG=${'A'.repeat(152)}`), now), undefined)
    const shifted = {
      targetGroups: [
        { targetGroupArn: blue, weight: 0 },
        { targetGroupArn: green, weight: 100 },
      ],
    }
    assert.equal(cookies.targetGroup(shifted, header(cookie), now), undefined)
    assert.equal(cookies.targetGroup({ targetGroups: [] }, header(cookie), now), undefined)
  })
})

describe('the cookie of a target', () => {
  test('of the load balancer leads back to the target', () => {
    const cookies = new StickyCookies()
    const lines = cookies.targetLines(lbCookie, target, http)
    assert.match(lines, /^Set-Cookie: AWSALB=[^\r]*; Path=\/\r\nSet-Cookie: AWSALBCORS=[^\r]*; SameSite=None\r\n$/)
    const id = cookies.targetId(lbCookie, blue, header(cookiesOf(lines)), now)
    assert.equal(id, stickyId(target.key))
    assert.equal(cookies.targetId(lbCookie, green, header(cookiesOf(lines)), now), undefined, 'of another group')
    assert.equal(cookies.targetId(lbCookie, blue, header(cookiesOf(lines)), now + 60_000), undefined, 'over')
  })

  test('of an application counts beside the application’s own alone', () => {
    const cookies = new StickyCookies()
    const lines = cookies.targetLines(appCookie, target, http)
    assert.match(lines, /^Set-Cookie: AWSALBAPP-0=[\w-]{39}; Expires=[^;]+; Path=\/\r\n$/)
    const cookie = cookiesOf(lines)
    assert.equal(cookies.targetId(appCookie, blue, header(cookie), now), undefined)
    const withOwn = `JSESSIONID=1; ${cookie}`
    assert.equal(cookies.targetId(appCookie, blue, header(withOwn), now), stickyId(target.key))
    assert.equal(cookies.targetId(appCookie, blue, header('JSESSIONID=1; AWSALBAPP-0=_remove_'), now), undefined)
  })

  test('tells neither the address nor the group', () => {
    const lines = new StickyCookies().targetLines(lbCookie, target, http)
    const [, value = ''] = /AWSALB=([^;]+)/.exec(lines) ?? []
    const decoded = Buffer.from(value, 'base64url').toString('latin1')
    for (const text of [value, decoded]) assert.doesNotMatch(text, /127|8001|blue|0123456789abcdef/)
  })

  test('is seen in an answer by its name', () => {
    const cookies = new StickyCookies()
    const sets = (value: string): boolean => cookies.setsCookie('JSESSIONID', Buffer.from(value), 0, value.length)
    assert.equal(sets('JSESSIONID=abc; Path=/'), true)
    assert.equal(sets('JSESSIONID2=abc'), false)
    assert.equal(sets('jsessionid=abc'), false)
    assert.equal(sets('JSESSION'), false)
  })
})

describe('cookies are found', () => {
  const cookies = new StickyCookies()
  const [, value = ''] = /AWSALB=([^;]+)/.exec(cookies.targetLines(lbCookie, target, http)) ?? []
  const isFound = (text: string): boolean => cookies.targetId(lbCookie, blue, header(text), now) !== undefined

  test('wherever they stand, with the white space and quotes people put around', () => {
    for (const text of [
      `AWSALB=${value}`,
      `a=b; AWSALB=${value}; c=d`,
      `a=b;AWSALB=${value};c=d`,
      `a;;; \t AWSALB=${value} ;`,
      `AWSALB="${value}"`,
    ]) {
      assert.equal(isFound(text), true, text)
    }
  })

  test('by their whole name, in its own letters, and not in the value of another', () => {
    for (const text of [
      '',
      ';',
      `XAWSALB=${value}`,
      `awsalb=${value}`,
      `AWSALBX=${value}`,
      `a=AWSALB=${value}`,
      'AWSALB',
    ]) {
      assert.equal(isFound(text), false, text)
    }
  })

  test('only between the places they are looked for', () => {
    const text = `AWSALB=${value}`
    const bytes = Buffer.from(`Cookie: ${text}\r\nAWSALB=${value}`)
    assert.notEqual(cookies.targetId(lbCookie, blue, { bytes, start: 8, end: 8 + text.length }, now), undefined)
    assert.equal(cookies.targetId(lbCookie, blue, { bytes, start: 8, end: 8 + text.length - 1 }, now), undefined)
    assert.equal(cookies.targetId(lbCookie, blue, { bytes, start: 9, end: 8 + text.length }, now), undefined)
  })
})

describe('a router', () => {
  test('leads a client back to its target, and elsewhere when that one is ill', async () => {
    await using cleanups = new Cleanups()
    const { router, port, apps } = await routerBeforeApps(cleanups, {
      ...defaultBalancing,
      stickiness: { type: 'lb_cookie', durationSeconds: 60 },
    })
    const first = await send(port)
    const cookie = cookieOf(first.headers['set-cookie'])
    assert.match(cookie, /^AWSALB=.+; AWSALBCORS=.+$/)
    for (let request = 0; request < 6; request++) {
      const { body, headers } = await send(port, { headers: { cookie } })
      assert.equal(body, first.body)
      assert.equal(headers['set-cookie']?.length, 2, 'the duration begins anew')
    }
    assert.equal(new Set([(await send(port)).body, (await send(port)).body]).size, 2, 'others go round')
    await apps.get(first.body)?.close()
    await eventually(
      'it is ill',
      () => router.report().targets.get(`group 127.0.0.1:${first.body}`)?.health.state === 'unhealthy',
    )
    assert.notEqual((await send(port, { headers: { cookie } })).body, first.body)
  })

  test('binds a client to the target that answers, where the first one could not be reached', async () => {
    await using cleanups = new Cleanups()
    const router = await startRouter(cleanups)
    const port = await freePort()
    const [dead, alive] = [
      await startApp(cleanups, () => undefined),
      await startApp(cleanups, (_, answer) => answer.end()),
    ]
    const stickiness = { type: 'lb_cookie', durationSeconds: 60 } as const
    const group = targetGroup('group', [dead.port, alive.port], { intervalSeconds: 60 })
    const groups = [{ ...group, balancing: { ...defaultBalancing, stickiness } }]
    await router.apply(table([listener(port, forwardTo(['group', 1]))], groups))
    await untilHealthy(router, `group 127.0.0.1:${dead.port}`, `group 127.0.0.1:${alive.port}`)
    await dead.close()
    const failures = () => router.report().exchanges?.[0]?.connectionErrors
    const { headers } = await send(port)
    assert.equal(failures(), 1)
    await send(port, { headers: { cookie: cookieOf(headers['set-cookie']) } })
    assert.equal(failures(), 1)
  })

  test('binds by the application’s cookie once the application has set it', async () => {
    await using cleanups = new Cleanups()
    const { port } = await routerBeforeApps(cleanups, {
      ...defaultBalancing,
      stickiness: { type: 'app_cookie', cookieName: 'SESSION', durationSeconds: 60 },
    })
    assert.equal((await send(port)).headers['set-cookie'], undefined)
    const first = await send(port, { path: '/login' })
    const cookie = cookieOf(first.headers['set-cookie'])
    assert.match(cookie, /SESSION=1/)
    assert.match(cookie, /AWSALBAPP-0=/)
    for (let request = 0; request < 4; request++) {
      assert.equal((await send(port, { headers: { cookie } })).body, first.body)
    }
  })

  test('binds a client of an application’s cookie anew when its target is ill', async () => {
    await using cleanups = new Cleanups()
    const { router, port, apps } = await routerBeforeApps(cleanups, {
      ...defaultBalancing,
      stickiness: { type: 'app_cookie', cookieName: 'SESSION', durationSeconds: 60 },
    })
    const first = await send(port, { path: '/login' })
    const cookie = cookieOf(first.headers['set-cookie'])
    await apps.get(first.body)?.close()
    await eventually(
      'it is ill',
      () => router.report().targets.get(`group 127.0.0.1:${first.body}`)?.health.state === 'unhealthy',
    )
    const moved = await send(port, { headers: { cookie } })
    assert.notEqual(moved.body, first.body)
    const renewed = cookieOf(moved.headers['set-cookie'])
    assert.match(renewed, /^AWSALBAPP-0=/)
    assert.equal(cookie.includes(renewed), false)
  })

  test('binds a client of an application’s cookie anew in the group that takes the place of its own', async () => {
    await using cleanups = new Cleanups()
    const router = await startRouter(cleanups)
    const port = await freePort()
    const start = (): Promise<TestApp> => {
      return startApp(cleanups, ({ headers, socket }, response) => {
        if (headers.cookie === undefined) response.setHeader('Set-Cookie', 'SESSION=1; Path=/')
        response.end(String(socket.localPort))
      })
    }
    const [ofBlue, green1, green2] = [await start(), await start(), await start()]
    const stickiness = { type: 'app_cookie', cookieName: 'SESSION', durationSeconds: 60 } as const
    const balancing = { ...defaultBalancing, stickiness }
    const groups = [targetGroup('blue', [ofBlue.port]), targetGroup('green', [green1.port, green2.port])]
    const apply = (weightOfBlue: number, weightOfGreen: number) => {
      const route = listener(port, forwardTo(['blue', weightOfBlue], ['green', weightOfGreen]))
      return router.apply(
        table(
          [route],
          groups.map((group) => ({ ...group, balancing })),
        ),
      )
    }
    await apply(1, 0)
    await untilHealthy(
      router,
      `blue 127.0.0.1:${ofBlue.port}`,
      `green 127.0.0.1:${green1.port}`,
      `green 127.0.0.1:${green2.port}`,
    )
    const first = await send(port)
    await apply(0, 1)
    const moved = await send(port, { headers: { cookie: cookieOf(first.headers['set-cookie']) } })
    const renewed = cookieOf(moved.headers['set-cookie'])
    assert.match(renewed, /^AWSALBAPP-0=/)
    for (let request = 0; request < 4; request++) {
      assert.equal((await send(port, { headers: { cookie: `SESSION=1; ${renewed}` } })).body, moved.body)
    }
  })

  test('keeps a client at its target group until that has weight 0', async () => {
    await using cleanups = new Cleanups()
    const router = await startRouter(cleanups)
    const port = await freePort()
    const answers = (answer: string) => startApp(cleanups, (_, response) => response.end(answer))
    const [ofBlue, ofGreen] = [await answers('blue'), await answers('green')]
    const groups = [targetGroup('blue', [ofBlue.port]), targetGroup('green', [ofGreen.port])]
    const apply = (weightOfBlue: number, weightOfGreen: number) => {
      const action = forwardTo(['blue', weightOfBlue], ['green', weightOfGreen])
      return router.apply(table([listener(port, { ...action, stickinessSeconds: 60 } as RouteAction)], groups))
    }
    await apply(1, 0)
    await untilHealthy(router, `blue 127.0.0.1:${ofBlue.port}`, `green 127.0.0.1:${ofGreen.port}`)
    const first = await send(port)
    const cookie = cookieOf(first.headers['set-cookie'])
    assert.match(cookie, /^AWSALBTG=.+; AWSALBTGCORS=.+$/)
    await apply(1, 999)
    for (let request = 0; request < 4; request++) {
      assert.equal((await send(port, { headers: { cookie } })).body, 'blue')
    }
    await apply(0, 100)
    const moved = await send(port, { headers: { cookie } })
    assert.equal(moved.body, 'green')
    assert.match(cookieOf(moved.headers['set-cookie']), /^AWSALBTG=/)
  })
})

/** Two applications that answer their port and set a cookie at `/login`, in one group. */
async function routerBeforeApps(cleanups: Cleanups, balancing: TargetBalancing) {
  const router = await startRouter(cleanups)
  const apps = new Map<string, TestApp>()
  for (let number = 0; number < 2; number++) {
    const app = await startApp(cleanups, ({ url }, response) => {
      if (url === '/login') response.setHeader('Set-Cookie', 'SESSION=1; Path=/')
      response.end(String(app.port))
    })
    apps.set(String(app.port), app)
  }
  const port = await freePort()
  const ports = Array.from(apps.keys(), Number)
  const group = { ...targetGroup('group', ports), balancing }
  await router.apply(table([listener(port, forwardTo(['group', 1]))], [group]))
  await untilHealthy(router, ...ports.map((each) => `group 127.0.0.1:${each}`))
  return { router, port, apps }
}

/** What a browser sends after an answer with these. */
function cookieOf(lines: readonly string[] = []): string {
  return lines.map((line) => line.slice(0, line.indexOf(';'))).join('; ')
}

function header(text: string): CookieHeader {
  const bytes = Buffer.from(text, 'latin1')
  return { bytes, start: 0, end: bytes.length }
}

/** What a browser sends for these lines. */
function cookiesOf(lines: string): string {
  return [...lines.matchAll(/Set-Cookie: ([^;]+);/g)].map(([, pair = '']) => pair).join('; ')
}
