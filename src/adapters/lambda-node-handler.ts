import { existsSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

export type Handler = (
  event: unknown,
  context: object,
  callback?: (error?: unknown, value?: unknown) => void,
) => unknown

/**
 * Finds what `path/module.export` names in a function's code, by Lambda's rules: the file as named, `.js`, `.mjs`, `.cjs`,
 * else a package. A `.js` file is an ES module where its package.json says so. Rejects with errors named as Lambda's.
 */
export async function loadHandler(taskRoot: string, name: string, mayHaveCallback: boolean): Promise<Handler> {
  const [, directory = '', module = '', exported = ''] = /^(.*\/)?([^./]*)\.(.+)$/.exec(name) ?? []
  if (module === '' || name.includes('..')) throw failure('MalformedHandlerName', 'Bad handler')
  const namespace = await loadModule(taskRoot, `${directory}${module}`)
  const handler = exported.split('.').reduce<unknown>((value, part) => memberOf(value, part), namespace)
  if (handler === undefined) throw failure('HandlerNotFound', `${name} is undefined or not exported`)
  if (typeof handler !== 'function') throw failure('HandlerNotFound', `${name} is not a function`)
  if (!mayHaveCallback && handler.length >= 3) throw failure('CallbackHandlerDeprecated', callbackText)
  return handler as Handler
}

const callbackText =
  'AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. You need to modify this function to use a supported handler signature to use Node.js 24 or later. For more information see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.'

async function loadModule(taskRoot: string, path: string): Promise<unknown> {
  const require = createRequire(join(taskRoot, 'handler.js'))
  try {
    const file = findFile(join(taskRoot, path)) ?? require.resolve(path)
    if (!isEsModule(file, taskRoot)) return require(file)
    const namespace = (await import(pathToFileURL(file).href)) as { readonly default?: unknown }
    return namespace
  } catch (error) {
    throw loadError(error)
  }
}

function findFile(path: string): string | undefined {
  const candidates = ['', '.js', '.mjs', '.cjs'].map((extension) => resolve(`${path}${extension}`))
  return candidates.find((file) => existsSync(file) && statSync(file).isFile())
}

function isEsModule(file: string, taskRoot: string): boolean {
  if (file.endsWith('.mjs')) return true
  if (!file.endsWith('.js')) return false
  for (let directory = dirname(file); ; directory = dirname(directory)) {
    const manifest = join(directory, 'package.json')
    if (existsSync(manifest)) {
      return (JSON.parse(readFileSync(manifest, 'utf8')) as { readonly type?: unknown }).type === 'module'
    }
    if (directory === resolve(taskRoot) || directory === dirname(directory)) return false
  }
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' && typeof value !== 'function') return undefined
  return value === null ? undefined : (value as Readonly<Record<string, unknown>>)[name]
}

function loadError(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  if (error instanceof SyntaxError) return failure('UserCodeSyntaxError', error.toString(), error)
  const code = 'code' in error ? error.code : undefined
  if (code !== 'MODULE_NOT_FOUND' && code !== 'ERR_MODULE_NOT_FOUND') return error
  return failure('ImportModuleError', `Error: ${error.message}`, error)
}

function failure(kind: string, message: string, cause?: Error): Error {
  const error = new Error(message, { cause })
  error.name = `Runtime.${kind}`
  if (cause?.stack !== undefined) error.stack = `${error.name}: ${cause.stack}`
  return error
}
