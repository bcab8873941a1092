import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import type { Context } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { csrf } from 'hono/csrf'
import { secureHeaders } from 'hono/secure-headers'
import { randomUUID } from 'node:crypto'
import { editPage, listPage, messagePage, newPage, postPage } from './pages.ts'
import type { Field, Version } from './pages.ts'
import { allPosts, createPost, deletePost, findPost, updatePost } from './posts.ts'

/** Serves one version of the blog on `PORT`, until SIGTERM; then what has begun is finished. */
export function startBlog(version: Version): void {
  let isEnding = false
  const blog = blogOf(version, () => isEnding)
  const port = Number(process.env['PORT'] ?? 3000)
  const server = serve({ fetch: blog.fetch, port }, () => console.log(`blog version ${version.number} on port ${port}`))
  // A load balancer keeps its connections for a minute; it should be the one that closes them.
  if ('keepAliveTimeout' in server) server.keepAliveTimeout = 75_000
  process.once('SIGTERM', () => {
    isEnding = true
    server.close(() => process.exit(0))
  })
}

function blogOf(version: Version, isEnding: () => boolean): Hono {
  const blog = new Hono()
  blog.use(async (c, next) => {
    await next()
    c.header('x-blog-version', version.number)
    if (isEnding()) c.header('connection', 'close')
  })
  // The load balancer asks whether this process serves; whether the table does is not for it to judge.
  blog.get('/health', (c) => c.text('ok\n'))
  // Whether there is HTTPS is the load balancer's to say; without a referrer browsers would not say a form's origin.
  blog.use(secureHeaders({ strictTransportSecurity: false, referrerPolicy: 'same-origin' }))
  // A form of another site's page is refused.
  blog.use(csrf())
  blog.use(bodyLimit({ maxSize: 100_000 }))
  addPages(blog, version)
  blog.notFound((c) => missing(c, version))
  blog.onError((error, c) => {
    if ('getResponse' in error) return error.getResponse()
    console.error(`${c.req.method} ${c.req.path} failed: ${error.message}`)
    return c.html(messagePage(version, 'Not now', 'The posts cannot be reached. Please try again.'), 503)
  })
  return blog
}

function addPages(blog: Hono, version: Version): void {
  blog.get('/', async (c) => c.html(listPage(version, await allPosts())))
  blog.get('/posts/new', (c) => c.html(newPage(version, randomUUID())))
  blog.post('/posts/new', async (c) => {
    const form = await c.req.parseBody()
    const fields = read(form, version.fields)
    const author = text(form['author'])
    const id = text(form['post_id'])
    if (fields === undefined || author === '' || author.length > 100 || !/^[0-9a-f-]{36}$/.test(id)) {
      return incomplete(c, version)
    }
    await createPost(id, author, fields)
    return c.redirect(`/posts/${id}`, 303)
  })
  blog.get('/posts/:id', async (c) => {
    const post = await findPost(c.req.param('id'))
    return post === undefined ? missing(c, version) : c.html(postPage(version, post))
  })
  blog.get('/posts/:id/edit', async (c) => {
    const post = await findPost(c.req.param('id'))
    return post === undefined ? missing(c, version) : c.html(editPage(version, post))
  })
  blog.post('/posts/:id/edit', async (c) => {
    const post = await findPost(c.req.param('id'))
    if (post === undefined) return missing(c, version)
    const fields = read(await c.req.parseBody(), version.fields)
    if (fields === undefined) return incomplete(c, version)
    await updatePost(post, fields)
    return c.redirect(`/posts/${post.post_id}`, 303)
  })
  blog.post('/posts/:id/delete', async (c) => {
    const post = await findPost(c.req.param('id'))
    if (post !== undefined) await deletePost(post)
    return c.redirect('/', 303)
  })
}

/**
 * The form's fields; undefined where one is missing or too long, which a browser does not let happen. While two versions
 * serve, a form of the one is sent to the other: an optional field that it does not have at all is left as it is.
 */
function read(form: Record<string, unknown>, fields: readonly Field[]): Record<string, string> | undefined {
  const entries = fields
    .filter(({ name, isOptional }) => isOptional !== true || form[name] !== undefined)
    .map((field) => ({ ...field, value: text(form[field.name]) }))
  const isRight = entries.every(
    ({ value, maximumLength, isOptional }) => (isOptional === true || value !== '') && value.length <= maximumLength,
  )
  return isRight ? Object.fromEntries(entries.map(({ name, value }) => [name, value])) : undefined
}

const text = (value: unknown): string => (typeof value === 'string' ? value.trim() : '')

const missing = (c: Context, version: Version) =>
  c.html(messagePage(version, 'Not found', 'There is no such page, or no longer.'), 404)

const incomplete = (c: Context, version: Version) =>
  c.html(messagePage(version, 'Not saved', 'A field is empty, or its text is too long.'), 400)
