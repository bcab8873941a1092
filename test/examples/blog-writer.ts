import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'

/** What a blog answered, by its version. */
export type Answers = Readonly<Record<string, number>>

/** Somebody who writes, edits and deletes posts all the time, one after the other, and knows what must be there. */
export class BlogWriter {
  /** Title by id, of every post that was acknowledged and not deleted. */
  readonly posts = new Map<string, string>()
  readonly answers: Record<string, number> = {}
  readonly failures: string[] = []
  readonly #url: string
  #isStopped = false
  #running: Promise<void> | undefined

  constructor(url: string) {
    this.#url = url
  }

  start(): void {
    this.#running = this.#write()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#running
  }

  async #write(): Promise<void> {
    for (let number = 1; !this.#isStopped; number++) {
      try {
        await this.#writeOne(number)
      } catch (error) {
        this.failures.push(String(error))
      }
      await delay(5)
    }
  }

  async #writeOne(number: number): Promise<void> {
    const id = randomUUID()
    const title = `Post ${number} of ${id.slice(0, 8)}`
    const fields = { post_id: id, author: 'Ada', title, content: 'One.\n\nTwo.' }
    if (await this.#post('/posts/new', fields)) this.posts.set(id, title)
    // As somebody does who presses the button twice.
    if (number % 4 === 0) await this.#post('/posts/new', fields)
    if (number % 3 === 0 && (await this.#post(`/posts/${id}/edit`, { title: `${title}, edited`, content: 'Three.' }))) {
      this.posts.set(id, `${title}, edited`)
    }
    if (number % 5 === 0 && (await this.#post(`/posts/${id}/delete`, {}))) this.posts.delete(id)
  }

  async #post(path: string, fields: Readonly<Record<string, string>>): Promise<boolean> {
    const { status, version } = await postForm(`${this.#url}${path}`, fields)
    this.answers[version] = (this.answers[version] ?? 0) + 1
    if (status === 303) return true
    this.failures.push(`POST ${path} was answered with ${status}`)
    return false
  }
}

/** Sends a form as a browser does from a page of the same site. */
export async function postForm(
  url: string,
  fields: Readonly<Record<string, string>>,
): Promise<{ readonly status: number; readonly version: string; readonly location: string | null }> {
  const { origin } = new URL(url)
  const body = new URLSearchParams(fields)
  const answer = await fetch(url, { method: 'POST', body, headers: { origin }, redirect: 'manual' })
  await answer.text()
  return {
    status: answer.status,
    version: answer.headers.get('x-blog-version') ?? 'none',
    location: answer.headers.get('location'),
  }
}
