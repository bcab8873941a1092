import { html } from 'hono/html'
import { startBlog } from './blog.ts'
import { contentField, paragraphs, titleField } from './pages.ts'

const style = `
  body { max-width: 40rem; margin: 2rem auto; padding: 0 1rem; font: 1.1rem/1.6 Georgia, serif; color: #222; }
  header, .actions { display: flex; justify-content: space-between; gap: 1rem; }
  header { border-bottom: 1px solid #ccc; padding-bottom: 0.5rem; }
  a, button { color: #14508c; }
  button { font: inherit; background: none; border: 0; padding: 0; text-decoration: underline; cursor: pointer; }
  label { display: block; margin: 1rem 0; }
  input, textarea { display: block; width: 100%; box-sizing: border-box; font: inherit; padding: 0.3rem; }
  p, h1, h2 { overflow-wrap: anywhere; }
  h1, h2 { margin-bottom: 0; }
  .byline { margin-top: 0.2rem; }
  .byline, footer { color: #666; font-size: 0.9rem; }
`

startBlog({
  number: '1',
  style,
  fields: [titleField, contentField],
  body: (post) => paragraphs(post['content'] ?? ''),
  teaser: () => html``,
})
