import { html, raw } from 'hono/html'
import type { Post } from './posts.ts'

type Html = ReturnType<typeof html>

/** What a reader writes into a form, and finds on the page. */
export type Field = {
  readonly name: string
  readonly label: string
  readonly maximumLength: number
  readonly isLong?: boolean
  readonly isOptional?: boolean
}

/** What one version of the blog looks like, and which fields its posts have. */
export type Version = {
  readonly number: string
  readonly style: string
  readonly fields: readonly Field[]
  /** The texts of a post, without its title, author and date. */
  readonly body: (post: Post) => Html
  /** What the list says of a post below its title. */
  readonly teaser: (post: Post) => Html
}

export const titleField: Field = { name: 'title', label: 'Title', maximumLength: 200 }
export const contentField: Field = { name: 'content', label: 'Text', maximumLength: 20_000, isLong: true }
const authorField: Field = { name: 'author', label: 'Author', maximumLength: 100 }

// Everything in ${…} is escaped by `html`.
export function page(version: Version, title: string, content: Html): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>${title}</title>
        <style>
          ${raw(version.style)}
        </style>
      </head>
      <body>
        <header><a href="/">Blog</a> <a class="button" href="/posts/new">New post</a></header>
        <main>${content}</main>
        <footer>Version ${version.number}</footer>
      </body>
    </html>`
}

export function listPage(version: Version, posts: readonly Post[]): Html {
  const list = posts.map(
    (post) => html`
      <article>
        <h2><a href="/posts/${post.post_id}">${post['title']}</a></h2>
        ${byline(post)} ${version.teaser(post)}
      </article>
    `,
  )
  return page(version, 'Blog', html`${list.length > 0 ? list : html`<p>Nothing has been written yet.</p>`}`)
}

export function postPage(version: Version, post: Post): Html {
  const content = html`
    <article>
      <h1>${post['title']}</h1>
      ${byline(post)} ${version.body(post)}
    </article>
    <form class="actions" method="post" action="/posts/${post.post_id}/delete">
      <a class="button" href="/posts/${post.post_id}/edit">Edit</a>
      <button>Delete</button>
    </form>
  `
  return page(version, post['title'] ?? 'Post', content)
}

/** An author is a part of a post's key, so only a new post's is asked for. */
export function newPage(version: Version, id: string): Html {
  const inputs = [titleField, authorField, ...version.fields.filter((field) => field !== titleField)]
  return formPage(version, { title: 'New post', action: '/posts/new', inputs }, { post_id: id })
}

export function editPage(version: Version, post: Post): Html {
  const action = `/posts/${post.post_id}/edit`
  return formPage(version, { title: 'Edit post', action, inputs: version.fields }, post)
}

export function messagePage(version: Version, title: string, text: string): Html {
  return page(
    version,
    title,
    html`<h1>${title}</h1>
      <p>${text}</p>`,
  )
}

function formPage(
  version: Version,
  { title, action, inputs }: { readonly title: string; readonly action: string; readonly inputs: readonly Field[] },
  values: Readonly<Record<string, string>>,
): Html {
  const content = html`
    <h1>${title}</h1>
    <form method="post" action="${action}">
      <input type="hidden" name="post_id" value="${values['post_id']}" />
      ${inputs.map((field) => input(field, values[field.name] ?? ''))}
      <button>Save</button>
    </form>
  `
  return page(version, title, content)
}

function input({ name, label, maximumLength, isLong, isOptional }: Field, value: string): Html {
  const rules = raw(`name="${name}" maxlength="${maximumLength}" ${isOptional === true ? '' : 'required'}`)
  // The line break after <textarea> is not a part of its text; one that the text begins with would be lost without it.
  return isLong === true
    ? html`<label>${label} <textarea ${rules} rows="12">${raw('\n')}${value}</textarea></label>`
    : html`<label>${label} <input ${rules} value="${value}" /></label>`
}

function byline({ author, timestamp }: Post): Html {
  return html`<p class="byline">${author}, <time datetime="${timestamp}">${timestamp.slice(0, 10)}</time></p>`
}

export function paragraphs(text: string): Html {
  return html`${text.split(/\r?\n\s*\n/).map((paragraph) => html`<p>${paragraph}</p>`)}`
}
