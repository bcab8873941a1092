// Makes dist/ of src/: what the package holds, for Node.js strips no types below node_modules.
import { spawnSync } from 'node:child_process'
import { cpSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc')

rmSync(join(root, 'dist'), { recursive: true, force: true })
// What the program reads or starts and the compiler does not know goes along as it is.
cpSync(join(root, 'src'), join(root, 'dist'), { recursive: true, filter: (file) => !file.endsWith('.ts') })
process.exitCode = compile(['-p', join(root, 'tsconfig.build.json')])
if (process.exitCode === 0) process.exitCode = compile(['-p', join(root, 'src/console/browser/tsconfig.build.json')])
// What others import has its types with it.
if (process.exitCode === 0) process.exitCode = compile(['-p', join(root, 'tsconfig.types.json')])

function compile(options) {
  return spawnSync(process.execPath, [compiler, ...options], { stdio: 'inherit' }).status ?? 1
}
