import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { collection, defineState, document, openStore } from '../../src/index.ts'
import { toPlainText } from '../../src/cli/plain-text.ts'

const run = promisify(execFile)
const command = join(import.meta.dirname, '../../src/cli/holdfast.ts')

const state = defineState({
  name: 'why-test',
  version: 1,
  kinds: {
    gateway: document(z.string()),
    hosts: collection(z.object({ address: z.string() }), { key: 'address' }),
  },
})

interface Answer {
  readonly stdout: string
  readonly stderr: string
  readonly code: number
}

async function holdfast(...args: string[]): Promise<Answer> {
  try {
    return { ...(await run(process.execPath, ['--no-warnings', command, ...args])), code: 0 }
  } catch (error) {
    return error as Answer
  }
}

let directory = ''
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-why-'))
  const store = await openStore(state, { directory })
  await store.commit((tx) => tx.hosts.put({ address: '10.0.0.4' }), { label: 'found', actor: 'ada' })
  await store.commit((tx) => tx.gateway.set('10.0.0.1'), { label: 'line\u001b]52;c;aGk=\u0007' })
  await store.close()
})
afterEach(() => rm(directory, { recursive: true }))

describe('holdfast why', () => {
  test('[C9] tells who wrote a record, when, and what for', async () => {
    const { stdout, code } = await holdfast('why', directory, 'hosts', '10.0.0.4')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^hosts 10\.0\.0\.4 was written at revision 1, \d{4}-\S+Z by ada, through instance [\w-]{8}, "found"\.\n$/)
  })

  test('[C9] answers as JSON, and null for what is not there', async () => {
    const found = JSON.parse((await holdfast('why', directory, 'hosts', '10.0.0.4', '--json')).stdout) as object
    expect(found).toMatchObject({ revision: 1, actor: 'ada', label: 'found' })
    const missing = await holdfast('why', directory, 'hosts', 'nobody', '--json')
    expect([missing.stdout, missing.code]).toEqual(['null\n', 66])
  })

  test('a label cannot write to the terminal', async () => {
    const { stdout } = await holdfast('why', directory, 'gateway')
    expect(stdout).toContain('\\u001b]52')
    expect(stdout).not.toContain('\u001b')
    expect(toPlainText('a\nb\u202e')).toBe('a\\u000ab\\u202e')
  })

  test('misuse and missing stores end with one line and their exit code', async () => {
    const cases: [string[], number, RegExp][] = [
      [[], 64, /Usage: holdfast/],
      [['wat'], 64, /^holdfast: there is no command "wat"/],
      [['why'], 64, /^Usage: holdfast why DIRECTORY KIND \[KEY\] \[--json\]\n$/],
      [['why', directory, 'hosts', '--nope'], 64, /^holdfast: Unknown option '--nope'/],
      [['why', directory, 'hots'], 64, /^holdfast: The state declares no kind "hots"/],
      [['why', join(directory, 'absent'), 'hosts'], 66, /^holdfast: There is no store in/],
    ]
    for (const [args, exit, message] of cases) {
      const { stderr, code } = await holdfast(...args)
      expect([code, stderr], args.join(' ')).toEqual([exit, expect.stringMatching(message)])
    }
  })
})
