const words = 'alpha beta gamma delta river mountain city house garden music paper stone light night water cloud'.split(
  ' ',
)

/**
 * Lines of the access log of a shop with a CMS: some pages that everybody reads, hundreds of thousands that few do, and
 * places with more names below each other than can be shapes.
 */
export class ShopLog {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  line(): string {
    const { path, status, method = 'GET' } = this.#request()
    const agent = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36'
    return (
      'https 2026-11-20T22:23:00.186641Z app/web/50dc6c495c0c9188 192.0.2.9:2817 10.0.0.1:80 0.000 0.001 0.002 ' +
      `${status} ${status} 34 366 "${method} https://www.example.com:443${path} HTTP/1.1" "${agent}" ` +
      'ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 ' +
      'arn:aws:elasticloadbalancing:us-east-2:111122223333:targetgroup/web/73e2d6bc24d8a067 ' +
      '"Root=1-58337262-36d228ad5d99923122bbe354" "www.example.com" "-" 0 2026-11-20T22:22:48.364000Z "forward" "-" "-" ' +
      `"10.0.0.1:80" "${status}" "-" "-" TID_f412ec94f0d7274a995f1719b4f4f35e "-" "-" "-" 203.0.113.9\n`
    )
  }

  #request(): { readonly path: string; readonly status: number; readonly method?: string } {
    const kind = this.#random()
    const [word, other] = [this.#word(), this.#word()]
    if (kind < 0.1) return { path: `/${word}/${other}${this.#below(3_000)}/${this.#word()}/index.html`, status: 200 }
    if (kind < 0.3) return { path: `/${this.#below(8) === 0 ? '' : word}`, status: 200 }
    if (kind < 0.35) return { path: `/images/${word}.jpg?w=${this.#below(9)}&${other}=${this.#below(99)}`, status: 304 }
    if (kind < 0.6) return { path: `/articles/${word}-${other}-and-${this.#below(300_000)}`, status: 200 }
    if (kind < 0.8) return { path: `/shop/${word}/${this.#below(500_000)}`, status: 200 }
    if (kind < 0.9) return { path: `/tags/${word}${this.#below(5_000)}?page=${this.#below(9)}`, status: 200 }
    if (kind < 0.93) return { path: `/old/${this.#below(3_000)}.html`, status: 301 }
    if (kind < 0.95) return { path: `/missing/${word}.php`, status: 404 }
    if (kind < 0.97) return { path: `/search?q=${word}+${other}&utm_source=${word}`, status: 200 }
    if (kind < 0.98) return { path: `/me?access_token=${this.#below(1e9)}`, status: 200 }
    return kind < 0.99 ? { path: '/login', status: 302, method: 'POST' } : { path: '/busy', status: 503 }
  }

  #word(): string {
    return words[this.#below(words.length)] ?? ''
  }

  #below(count: number): number {
    return Math.floor(this.#random() * count)
  }

  /** From 0 to 1: xorshift. */
  #random(): number {
    this.#state ^= this.#state << 13
    this.#state ^= this.#state >>> 17
    this.#state ^= this.#state << 5
    return (this.#state >>> 0) / 2 ** 32
  }
}
