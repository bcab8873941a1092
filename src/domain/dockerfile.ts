import { DockerfileError, readDockerfileLines } from './dockerfile-lines.ts'
import type { DockerfileInstruction } from './dockerfile-lines.ts'
import { expandWord, splitWords } from './dockerfile-words.ts'
import type { Variables } from './dockerfile-words.ts'
import { resolvePath } from './image.ts'
import type { ImageConfig } from './image.ts'

/** What a Dockerfile says about the image of its last stage. */
export type Dockerfile = {
  readonly config: ImageConfig
  /** Every instruction of every stage, in order: what a build reports about. */
  readonly instructions: readonly DockerfileInstruction[]
  /** The COPY and ADD of the last stage and of the stages it is made from. */
  readonly copies: readonly CopyInstruction[]
  /** Lines of FROM instructions that only name an earlier stage. */
  readonly stageReferences: ReadonlySet<number>
}

export type CopyInstruction = {
  readonly line: number
  readonly instruction: 'COPY' | 'ADD'
  readonly text: string
  readonly sources: readonly string[]
  /** Absolute in the container; with a final `/` where it must be a directory. */
  readonly destination: string
  /** The stage or image it copies from, if it is not the build context. */
  readonly from?: string
}

/** The PATH of Docker's own base images: what `$PATH` means before a Dockerfile sets it. */
const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** `/bin/sh -c` is the shell form's shell until SHELL says otherwise. */
const defaultShell: readonly string[] = ['/bin/sh', '-c']

type Stage = {
  name: string | undefined
  entryPoint: readonly string[] | undefined
  command: readonly string[] | undefined
  /** CMD of this very stage: ENTRYPOINT drops only an inherited one. */
  ownCommand: boolean
  environment: Record<string, string>
  arguments: Map<string, string>
  labels: Record<string, string>
  workingDirectory: string
  exposedPorts: readonly string[]
  stopSignal: string | undefined
  shell: readonly string[]
  copies: readonly CopyInstruction[]
}

type Parse = {
  readonly file: string
  readonly escape: string
  readonly globals: Map<string, string>
  readonly stages: Stage[]
  readonly stageReferences: Set<number>
}

/**
 * Reads a Dockerfile. Of the last stage (and the earlier ones it builds on) it keeps what a container needs to run;
 * nothing is executed. `file` stands in errors, which are DockerfileErrors.
 */
export function parseDockerfile(text: string, file: string): Dockerfile {
  const { escape, instructions } = readDockerfileLines(text, file)
  const parse: Parse = { file, escape, globals: new Map(), stages: [], stageReferences: new Set() }
  for (const instruction of instructions) {
    try {
      perform(parse, instruction)
    } catch (error) {
      if (error instanceof DockerfileError || !(error instanceof Error)) throw error
      throw new DockerfileError(file, instruction.line, instruction.name, error.message)
    }
  }
  const last = parse.stages.at(-1)
  if (last === undefined) throw new DockerfileError(file, 1, '', 'there is no FROM instruction')
  return { config: toConfig(last), instructions, copies: last.copies, stageReferences: parse.stageReferences }
}

function perform(parse: Parse, instruction: DockerfileInstruction): void {
  const { name, text } = instruction
  if (!Object.hasOwn(instructionTable, name)) throw new Error('unknown instruction')
  if (text === '') throw new Error('something must follow')
  if (name === 'FROM') return beginStage(parse, instruction)
  const stage = parse.stages.at(-1)
  if (name === 'ARG') return declareArguments(parse, stage, text)
  if (stage === undefined) throw new Error('no build stage yet: the first instruction must be FROM (or ARG)')
  const variables = variablesOf(stage)
  instructionTable[name]?.(stage, instruction, {
    escape: parse.escape,
    variables,
    expand: (word) => expandWord(word, variables, parse.escape),
  })
}

type Words = {
  readonly escape: string
  readonly variables: Variables
  readonly expand: (word: string) => string
}
type Perform = (stage: Stage, instruction: DockerfileInstruction, words: Words) => void

/** The instructions that say something about the running container; `undefined` for those handled elsewhere or without effect. */
const instructionTable: Readonly<Record<string, Perform | undefined>> = {
  FROM: undefined,
  ARG: undefined,
  RUN: undefined,
  USER: undefined,
  VOLUME: undefined,
  HEALTHCHECK: undefined,
  ONBUILD: undefined,
  MAINTAINER: undefined,
  COPY: addCopy,
  ADD: addCopy,
  ENV: (stage, { text }, words) => Object.assign(stage.environment, readPairs(text, words)),
  LABEL: (stage, { text }, words) => Object.assign(stage.labels, readPairs(text, words)),
  WORKDIR: (stage, { text }, words) => {
    stage.workingDirectory = resolvePath(stage.workingDirectory, words.expand(text))
  },
  EXPOSE: (stage, { text }, words) => {
    const ports = splitWords(text, words.escape).map((word) => readPort(words.expand(word)))
    stage.exposedPorts = [...new Set([...stage.exposedPorts, ...ports])]
  },
  STOPSIGNAL: (stage, { text }, words) => {
    stage.stopSignal = readSignal(words.expand(text))
  },
  SHELL: (stage, { text }) => {
    const shell = readJsonForm(text)
    if (shell === undefined || shell.length === 0) throw new Error('it needs the JSON form: ["/bin/bash", "-c"]')
    stage.shell = shell
  },
  CMD: (stage, { text }) => {
    stage.command = readCommand(stage, text)
    stage.ownCommand = true
  },
  ENTRYPOINT: (stage, { text }) => {
    stage.entryPoint = readCommand(stage, text)
    if (!stage.ownCommand) stage.command = undefined
  },
}

function beginStage(parse: Parse, { text, line }: DockerfileInstruction): void {
  const words = splitWords(text, parse.escape).filter((word) => !word.startsWith('--'))
  const [base = '', as, name, ...more] = words
  if (more.length > 0 || (as !== undefined && (as.toLowerCase() !== 'as' || name === undefined))) {
    throw new Error('it must be FROM <image> [AS <name>]')
  }
  const image = expandWord(base, (variable) => parse.globals.get(variable), parse.escape)
  if (image === '') throw new Error(`the base image "${base}" is empty once its arguments are filled in`)
  const parent = parse.stages.findLast((stage) => stage.name === image.toLowerCase())
  if (parent !== undefined) parse.stageReferences.add(line)
  parse.stages.push({ ...(parent === undefined ? emptyStage() : inherit(parent)), name: name?.toLowerCase() })
}

function emptyStage(): Stage {
  return {
    name: undefined,
    entryPoint: undefined,
    command: undefined,
    ownCommand: false,
    environment: {},
    arguments: new Map(),
    labels: {},
    workingDirectory: '/',
    exposedPorts: [],
    stopSignal: undefined,
    shell: defaultShell,
    copies: [],
  }
}

/** A stage made from an earlier one begins with what that one has; ARGs end with their stage. */
function inherit(parent: Stage): Stage {
  const { environment, labels } = parent
  return { ...parent, ownCommand: false, environment: { ...environment }, labels: { ...labels }, arguments: new Map() }
}

/** `ARG X=1 Y`: before the first FROM for FROM only; in a stage, `ARG X` takes up the one from before the first FROM. */
function declareArguments(parse: Parse, stage: Stage | undefined, text: string): void {
  for (const word of splitWords(text, parse.escape)) {
    const variables = stage === undefined ? (name: string) => parse.globals.get(name) : variablesOf(stage)
    const [key, value] = cut(word, '=')
    const name = expandWord(key, variables, parse.escape)
    if (!/^[A-Za-z_]\w*$/.test(name)) throw new Error(`"${name}" cannot be a variable's name`)
    const given = value === undefined ? parse.globals.get(name) : expandWord(value, variables, parse.escape)
    if (given !== undefined) (stage?.arguments ?? parse.globals).set(name, given)
  }
}

/** ENV wins over ARG, as in Docker. */
function variablesOf(stage: Stage): Variables {
  const { environment } = stage
  return (name) =>
    Object.hasOwn(environment, name)
      ? environment[name]
      : (stage.arguments.get(name) ?? (name === 'PATH' ? defaultPath : undefined))
}

/** `k=v k2="v 2"`, or the old form `key the whole rest`. All values see the variables as they were before the instruction. */
function readPairs(text: string, words: Words): Record<string, string> {
  const all = splitWords(text, words.escape)
  if (!(all[0] ?? '').includes('=')) {
    const [, key = '', value] = /^(\S+)\s+([\s\S]+)$/.exec(text) ?? []
    if (value === undefined) throw new Error('it must be name=value')
    return { [words.expand(key)]: words.expand(value) }
  }
  return Object.fromEntries(
    all.map((word) => {
      const [key, value] = cut(word, '=')
      if (value === undefined) throw new Error(`"${word}" must be name=value`)
      if (key === '') throw new Error(`the name in "${word}" is empty`)
      return [words.expand(key), words.expand(value)]
    }),
  )
}

function readPort(word: string): string {
  const [, port = '', protocol = 'tcp'] = /^(\d+(?:-\d+)?)(?:\/(tcp|udp|sctp))?$/i.exec(word) ?? []
  const numbers = port.split('-').map(Number)
  if (port === '' || numbers.some((number) => number < 1 || number > 65535)) {
    throw new Error(`"${word}" is not a port (8080, 8080/udp, 8000-8010)`)
  }
  return `${port}/${protocol.toLowerCase()}`
}

const signals = 'HUP INT QUIT ABRT KILL USR1 USR2 ALRM TERM CONT WINCH'.split(' ')
const signalNumbers = { 1: 'HUP', 2: 'INT', 3: 'QUIT', 6: 'ABRT', 9: 'KILL', 14: 'ALRM', 15: 'TERM' } as const

function readSignal(word: string): string {
  const named = Object.entries(signalNumbers).find(([number]) => number === word)?.[1]
  const name = named ?? word.toUpperCase().replace(/^SIG/, '')
  if (!signals.includes(name)) throw new Error(`the signal "${word}" is not supported (${signals.join(', ')})`)
  return `SIG${name}`
}

/** The JSON form as it stands, the shell form as an argument of the stage's shell. */
function readCommand(stage: Stage, text: string): readonly string[] {
  const exact = readJsonForm(text)
  if (exact !== undefined) return exact
  if (/^\[.*\]$/s.test(text)) {
    // Docker takes this for a shell command, which then fails when the container starts: nobody means it.
    throw new Error(`${text} is not a JSON list of strings (double quotes, no comma at the end)`)
  }
  return [...stage.shell, text]
}

function readJsonForm(text: string): readonly string[] | undefined {
  if (!text.startsWith('[')) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) && value.every((part) => typeof part === 'string') ? value : undefined
  } catch {
    return undefined
  }
}

function addCopy(stage: Stage, { line, name, text }: DockerfileInstruction, words: Words): void {
  const [flagText = ''] = /^(?:--\S+\s+)*/.exec(text) ?? []
  const rest = text.slice(flagText.length)
  const paths = (readJsonForm(rest) ?? splitWords(rest, words.escape)).map(words.expand)
  const destination = paths.at(-1)
  if (destination === undefined || paths.length < 2) throw new Error('it needs a source and a destination')
  const resolved = resolvePath(stage.workingDirectory, destination)
  const isDirectory = /(?:^|\/)\.?$/.test(destination) || paths.length > 2
  const from = /(?:^|\s)--from=(\S+)/.exec(flagText)?.[1]
  const copy: CopyInstruction = {
    line,
    instruction: name === 'ADD' ? 'ADD' : 'COPY',
    text,
    sources: paths.slice(0, -1),
    destination: isDirectory && resolved !== '/' ? `${resolved}/` : resolved,
    ...(from === undefined ? {} : { from }),
  }
  stage.copies = [...stage.copies, copy]
}

function toConfig(stage: Stage): ImageConfig {
  const { entryPoint, command, environment, workingDirectory, exposedPorts, labels, stopSignal } = stage
  return {
    ...(entryPoint === undefined ? {} : { entryPoint }),
    ...(command === undefined ? {} : { command }),
    environment,
    workingDirectory,
    exposedPorts,
    labels,
    ...(stopSignal === undefined ? {} : { stopSignal }),
  }
}

function cut(text: string, separator: string): readonly [string, string?] {
  const at = text.indexOf(separator)
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + separator.length)]
}
