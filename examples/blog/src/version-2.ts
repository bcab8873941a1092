import { html } from 'hono/html'
import { startBlog } from './blog.ts'
import { contentField, paragraphs, titleField } from './pages.ts'
import type { Field } from './pages.ts'

/** New in this version. Posts of version 1 have none, and keep what they have when version 1 edits them. */
const summaryField: Field = { name: 'summary', label: 'Summary', maximumLength: 300, isOptional: true }

const style = `
  body { max-width: 44rem; margin: 0 auto; padding: 0 1rem; font: 1.05rem/1.6 system-ui, sans-serif; color: #16302f;
    background: #eef5f4; }
  header { display: flex; justify-content: space-between; align-items: center; padding: 1.5rem 0; font-size: 1.3rem; }
  header a:first-child { font-weight: 700; text-decoration: none; color: inherit; }
  article, form { background: #fff; border-radius: 0.6rem; padding: 0.5rem 1.5rem; margin: 1rem 0;
    box-shadow: 0 1px 4px #0002; }
  a { color: #00706b; }
  .button, button { font: inherit; font-size: 1rem; color: #fff; background: #008580; border: 0; border-radius: 0.4rem;
    padding: 0.4rem 1rem; text-decoration: none; cursor: pointer; }
  form > button { margin-bottom: 1rem; }
  .actions { display: flex; gap: 1rem; background: none; box-shadow: none; padding: 0; }
  .actions button { background: #a33; margin: 0; }
  label { display: block; margin: 1rem 0; font-weight: 600; }
  input, textarea { display: block; width: 100%; box-sizing: border-box; font: inherit; font-weight: 400; padding: 0.4rem;
    border: 1px solid #9bb; border-radius: 0.3rem; }
  p, h1, h2 { overflow-wrap: anywhere; }
  h1, h2 { margin-bottom: 0; }
  .byline { margin-top: 0.2rem; }
  .summary { font-size: 1.15rem; color: #47605f; }
  .byline, footer { color: #5d7473; font-size: 0.9rem; }
`

const summary = (text: string | undefined) =>
  text === undefined || text === '' ? '' : html`<p class="summary">${text}</p>`

startBlog({
  number: '2',
  style,
  fields: [titleField, summaryField, contentField],
  body: (post) => html`${summary(post['summary'])} ${paragraphs(post['content'] ?? '')}`,
  teaser: (post) => html`${summary(post['summary'])}`,
})
