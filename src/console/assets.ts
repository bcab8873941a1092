import { readFileSync, readdirSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { createRequire, stripTypeScriptTypes } from 'node:module'
import { dirname, extname, join } from 'node:path'

export type Asset = { readonly contentType: string; readonly body: string; readonly tag: string }

/**
 * What a browser is given, by its path below `/console/assets/`. The browser's modules are the sources as they are, without
 * their types; in the package, where no types are left, they are what the compiler made of them.
 */
export class Assets {
  readonly #assets = new Map<string, Asset>()
  readonly #modules = new Map<string, string>()
  readonly stylesheet: string

  constructor() {
    const directory = join(import.meta.dirname, 'browser')
    for (const file of readdirSync(directory)) {
      const text = readFileSync(join(directory, file), 'utf8')
      if (file.endsWith('.d.ts')) continue
      if (file.endsWith('.ts')) this.#addModule(file, withoutTypes(text))
      if (file.endsWith('.js')) this.#addModule(file, text)
      if (file.endsWith('.css') || file.endsWith('.svg')) this.#add(file, text)
    }
    this.#addModule('preact.js', readFileSync(preactFile(), 'utf8').replace(/\n?\/\/# sourceMappingURL=.*/, ''))
    this.stylesheet = this.#assets.get('console.css')?.body ?? ''
  }

  get(name: string): Asset | undefined {
    return this.#assets.get(name)
  }

  /** The module that a page begins with. */
  get entry(): string {
    return this.#modules.has('main.ts') ? 'main.ts' : 'main.js'
  }

  /** All modules in one import map of data: URLs, for a page that is one file. */
  importMap(): string {
    const imports = Object.fromEntries(
      Array.from(this.#modules, ([name, text]) => {
        const named = text.replaceAll(/(from\s*|import\s*)(['"])\.\/([\w.-]+)\2/g, '$1$2teal/$3$2')
        return [`teal/${name}`, `data:text/javascript;base64,${Buffer.from(named).toString('base64')}`]
      }),
    )
    return JSON.stringify({ imports })
  }

  #addModule(name: string, text: string): void {
    const found = text.replaceAll(/(from\s*)(['"])preact\2/g, '$1$2./preact.js$2')
    this.#modules.set(name, found)
    this.#add(name, found)
  }

  #add(name: string, body: string): void {
    const contentType = contentTypes[extname(name)] ?? 'text/plain; charset=utf-8'
    this.#assets.set(name, {
      contentType,
      body,
      tag: `"${createHash('sha256').update(body).digest('hex').slice(0, 16)}"`,
    })
  }
}

const contentTypes: Readonly<Record<string, string>> = {
  '.ts': 'text/javascript; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** Node has not promised yet to keep this function as it is, and says so once to whoever runs the engine: no news to them. */
function withoutTypes(text: string): string {
  const emitWarning = process.emitWarning.bind(process)
  process.emitWarning = () => undefined
  try {
    return stripTypeScriptTypes(text)
  } finally {
    process.emitWarning = emitWarning
  }
}

function preactFile(): string {
  const require = createRequire(import.meta.url)
  return join(dirname(require.resolve('preact/package.json')), 'dist', 'preact.module.js')
}
