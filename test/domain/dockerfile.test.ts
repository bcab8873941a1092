import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { buildNotes } from '../../src/domain/build-notes.ts'
import { parseDockerfile } from '../../src/domain/dockerfile.ts'
import type { ImageConfig } from '../../src/domain/image.ts'

const parse = (...lines: readonly string[]): ImageConfig => parseDockerfile(lines.join('\n'), 'Dockerfile').config
const shell = (text: string): readonly string[] => ['/bin/sh', '-c', text]

describe('a Dockerfile says what its container runs', () => {
  for (const [name, lines, expected] of [
    ['nothing', ['FROM a'], {}],
    ['the JSON form', ['FROM a', 'CMD ["node", "server.js"]'], { command: ['node', 'server.js'] }],
    ['the shell form', ['FROM a', 'CMD node server.js $PORT'], { command: shell('node server.js $PORT') }],
    [
      'a shell command that begins with [',
      ['FROM a', 'CMD [ -f x ] && node y'],
      { command: shell('[ -f x ] && node y') },
    ],
    ['lower case', ['from a', 'cmd ["a"]'], { command: ['a'] }],
    ['the last of several', ['FROM a', 'CMD ["a"]', 'CMD ["b"]'], { command: ['b'] }],
    [
      'ENTRYPOINT after CMD of the same stage',
      ['FROM a', 'CMD ["x"]', 'ENTRYPOINT ["e"]'],
      { entryPoint: ['e'], command: ['x'] },
    ],
    [
      'ENTRYPOINT drops an inherited CMD',
      ['FROM a AS one', 'CMD ["x"]', 'FROM one', 'ENTRYPOINT ["e"]'],
      { entryPoint: ['e'] },
    ],
    ['an inherited command', ['FROM a AS One', 'CMD ["x"]', 'FROM one'], { command: ['x'] }],
    ['only the last stage', ['FROM a AS build', 'CMD ["x"]', 'FROM b'], {}],
    ['another shell', ['FROM a', 'SHELL ["/bin/bash", "-ec"]', 'CMD x y'], { command: ['/bin/bash', '-ec', 'x y'] }],
    [
      'continuation lines and comments between',
      ['FROM a', 'CMD ["a", \\', '  # no', '', '  "b"]'],
      { command: ['a', 'b'] },
    ],
    ['another escape character', ['# escape=`', 'FROM a', 'CMD ["a", `', '"c:\\\\b"]'], { command: ['a', 'c:\\b'] }],
    [
      'a directive below a comment, which is none',
      ['# hello', '# escape=`', 'FROM a', 'CMD a \\', 'b'],
      { command: shell('a b') },
    ],
    ['a syntax directive', ['# syntax=docker/dockerfile:1', 'FROM a', 'CMD ["a"]'], { command: ['a'] }],
    ['Windows line ends', ['FROM a\r', 'CMD ["a"]\r'], { command: ['a'] }],
    ['a signal by number', ['FROM a', 'STOPSIGNAL 3'], { stopSignal: 'SIGQUIT' }],
    ['a signal by its short name', ['FROM a', 'STOPSIGNAL int'], { stopSignal: 'SIGINT' }],
  ] as const) {
    test(name, () => {
      const { entryPoint, command, stopSignal } = parse(...lines)
      const seen = { entryPoint, command, stopSignal }
      assert.deepEqual(JSON.parse(JSON.stringify(seen)), expected)
    })
  }
})

describe('a Dockerfile says what its container sees', () => {
  for (const [name, lines, environment] of [
    [
      'ENV as pairs',
      ['ENV A=1 B="two words" C=three\\ words D=\'$A\''],
      { A: '1', B: 'two words', C: 'three words', D: '$A' },
    ],
    ['ENV in its old form', ['ENV A some words  here'], { A: 'some words  here' }],
    ['an empty value', ['ENV A= B=1'], { A: '', B: '1' }],
    ['values of before the instruction', ['ENV A=1', 'ENV A=2 B=$A'], { A: '2', B: '1' }],
    ['variables', ['ENV A=1', 'ENV B=${A}x C=$A/y D=\\$A E="$A"'], { A: '1', B: '1x', C: '1/y', D: '$A', E: '1' }],
    [
      'defaults',
      ['ENV A=', 'ENV B=${A:-d} C=${A-d} D=${X-d} E=${X:-${Y:-n}}'],
      { A: '', B: 'd', C: '', D: 'd', E: 'n' },
    ],
    [
      'alternatives',
      ['ENV A=1 Z=', 'ENV B=${A:+y} C=${X:+y} D=${Z+y} E=${Z:+y}'],
      { A: '1', Z: '', B: 'y', C: '', D: 'y', E: '' },
    ],
    ['ARG', ['ARG V=2', 'ENV B=$V'], { B: '2' }],
    ['ENV before ARG', ['ARG V=2', 'ENV V=3', 'ENV B=$V'], { V: '3', B: '3' }],
    ['ARG without a value', ['ARG V', 'ENV B=x$V'], { B: 'x' }],
    ['ARG that takes up a global one', ['ARG GLOBAL', 'ENV B=$GLOBAL'], { B: 'g' }],
    ['a global ARG that was not taken up', ['ENV B=x$GLOBAL'], { B: 'x' }],
    ['a dollar alone', ['ENV A="1$" B=$'], { A: '1$', B: '$' }],
    [
      "PATH, which Docker's images have",
      ['ENV PATH=/a:$PATH'],
      { PATH: '/a:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
    ],
  ] as const) {
    test(name, () => {
      assert.deepEqual(parse('ARG GLOBAL=g', 'FROM a', ...lines).environment, environment)
    })
  }

  test('variables of an earlier stage it is made from, but not its ARGs', () => {
    const config = parse(
      'FROM a AS base',
      'ARG V=1',
      'ENV A=1',
      'WORKDIR /srv',
      'FROM base',
      'ENV B=$A$V',
      'WORKDIR app',
    )
    assert.deepEqual(config.environment, { A: '1', B: '1' })
    assert.equal(config.workingDirectory, '/srv/app')
  })

  test('its working directory, step by step', () => {
    assert.equal(parse('FROM a').workingDirectory, '/')
    assert.equal(parse('FROM a', 'WORKDIR /a/./b/', 'ENV D=c', 'WORKDIR ../$D').workingDirectory, '/a/c')
  })

  test('its ports and labels', () => {
    const config = parse('FROM a', 'EXPOSE 80 443/TCP 53/udp', 'EXPOSE 80 9000-9002', 'LABEL a=1 "b c"="d e"')
    assert.deepEqual(config.exposedPorts, ['80/tcp', '443/tcp', '53/udp', '9000-9002/tcp'])
    assert.deepEqual(config.labels, { a: '1', 'b c': 'd e' })
  })
})

describe('a Dockerfile with a mistake names file, line and instruction', () => {
  for (const [lines, message] of [
    [[''], 'Dockerfile:1: there is no FROM instruction'],
    [['RUN x'], 'Dockerfile:1: RUN: no build stage yet: the first instruction must be FROM (or ARG)'],
    [['FROM a', '', 'COPPY . .'], 'Dockerfile:3: COPPY: unknown instruction'],
    [['FROM a', 'CMD'], 'Dockerfile:2: CMD: something must follow'],
    [['FROM a b'], 'Dockerfile:1: FROM: it must be FROM <image> [AS <name>]'],
    [['FROM ${X}'], 'Dockerfile:1: FROM: the base image "${X}" is empty once its arguments are filled in'],
    [
      ['FROM a', "CMD ['a']"],
      `Dockerfile:2: CMD: ['a'] is not a JSON list of strings (double quotes, no comma at the end)`,
    ],
    [['FROM a', 'RUN a && \\', '  b', 'ENV A'], 'Dockerfile:4: ENV: it must be name=value'],
    [['FROM a', 'ENV A=1 B'], 'Dockerfile:2: ENV: "B" must be name=value'],
    [['FROM a', 'ENV A="1'], 'Dockerfile:2: ENV: a double quote (") is not closed'],
    [
      ['FROM a', 'ENV A=${B#x}'],
      'Dockerfile:2: ENV: "${B#x}" is not supported: write $NAME, ${NAME}, ${NAME:-default} or ${NAME:+other}',
    ],
    [['FROM a', 'ENV A="${B:?give B}"'], 'Dockerfile:2: ENV: B: give B'],
    [['FROM a', 'EXPOSE http'], 'Dockerfile:2: EXPOSE: "http" is not a port (8080, 8080/udp, 8000-8010)'],
    [['FROM a', 'COPY x'], 'Dockerfile:2: COPY: it needs a source and a destination'],
    [['FROM a', 'SHELL bash'], 'Dockerfile:2: SHELL: it needs the JSON form: ["/bin/bash", "-c"]'],
    [['# escape=x', 'FROM a'], 'Dockerfile:1: invalid escape directive "x": it must be \\ or `'],
  ] as const) {
    test(message, () => {
      assert.throws(() => parse(...lines), { name: 'DockerfileError', message })
    })
  }

  test('a here-document is refused and not read as instructions', () => {
    assert.throws(() => parse('FROM a', 'RUN <<EOF', 'CMD x', 'EOF'), /Dockerfile:2: RUN: here-documents \(<<EOF\)/)
    assert.throws(() => parse('FROM a', "COPY <<-'END' /x", 'x', 'END'), /Dockerfile:2: COPY: here-documents \(<<END\)/)
    assert.doesNotThrow(() => parse('FROM a', 'RUN bash -c "cat <<< hello"'))
  })

  test('a signal that cannot be sent', () => {
    assert.throws(
      () => parse('FROM a', 'STOPSIGNAL SIGRTMIN+3'),
      /STOPSIGNAL: the signal "SIGRTMIN\+3" is not supported/,
    )
  })
})

const notes = (lines: readonly string[], directories: readonly string[] = []): readonly string[] =>
  buildNotes(parseDockerfile(lines.join('\n'), 'Dockerfile'), (path) => directories.includes(path)).map(
    ({ line, instruction, reason }) => `${line} ${instruction} ${reason.split(':')[0] ?? ''}`,
  )

describe('what of a Dockerfile has no effect', () => {
  test('is listed with its lines', () => {
    const lines = [
      'FROM a AS build',
      'RUN make \\',
      '  all',
      'FROM build',
      'USER me',
      'VOLUME /v',
      'HEALTHCHECK NONE',
      'EXPOSE 1',
    ]
    assert.deepEqual(notes(lines), [
      '1 FROM not pulled',
      '2 RUN not executed',
      '5 USER not applied',
      '6 VOLUME not applied',
      '7 HEALTHCHECK not applied, as on ECS',
    ])
  })

  for (const [copy, isInPlace] of [
    ['. .', true],
    ['. /app', true],
    ['./ /app/', true],
    ['a.js b.js ./', true],
    ['a.js a.js', true],
    ['a.js /app/a.js', true],
    ['["a b.js", "./"]', true],
    ['--chown=me package*.json ./', true],
    ['src ./src', true],
    ['src/ src/', true],
    ['src/x.js src/', true],
    ['src ./', false],
    ['src/x.js ./', false],
    ['a.js /app/b.js', false],
    ['a.js /etc/', false],
    ['. /srv', false],
    ['--from=build /out .', false],
  ] as const) {
    test(`COPY ${copy} ${isInPlace ? 'finds its files where they are' : 'is told not to be executed'}`, () => {
      const seen = notes(['FROM scratch', 'WORKDIR /app', `COPY ${copy}`], ['src'])
      assert.deepEqual(seen, isInPlace ? ['1 FROM not pulled'] : ['1 FROM not pulled', '3 COPY not executed'])
    })
  }

  test('a COPY to the root is in place where there is no WORKDIR', () => {
    assert.deepEqual(notes(['FROM scratch', 'COPY . /']), ['1 FROM not pulled'])
  })
})
