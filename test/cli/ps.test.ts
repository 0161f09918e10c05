import { execFile } from 'node:child_process'
import { join, relative, resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { register } from '../../src/registry.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const run = promisify(execFile)
const command = join(import.meta.dirname, '../../src/cli/holdfast.ts')

async function ps(directory: string, ...args: string[]): Promise<string> {
  const env = { ...process.env, HOLDFAST_REGISTRY_DIR: directory }
  return (await run(process.execPath, ['--no-warnings', command, 'ps', ...args], { env })).stdout
}

test('[G1] holdfast ps lists what runs, as a table and as JSON, with the absolute path of its directory', async () => {
  const directory = join(temporaryDirectory(), 'registry')
  expect(await ps(directory)).toBe('NAME  PID  SINCE  URL  DIRECTORY\n')
  await using mine = await register(
    { name: 'net\u001bscan', directory: relative(process.cwd(), '/var/netscan'), port: 4173 },
    { directory },
  )
  const { pid, startedAt } = mine.info
  const [head, row] = (await ps(directory)).split('\n')
  expect(head).toMatch(/^NAME +PID +SINCE +URL +DIRECTORY$/)
  expect(row?.split(/ +/)).toEqual(['net\\u001bscan', `${pid}`, new Date(startedAt).toISOString(), ':4173', '/var/netscan'])
  mine.update({ directory: '.notes' })
  expect(mine.info.directory).toBe(resolve('.notes'))
  expect(JSON.parse(await ps(directory, '--json'))).toEqual([mine.info])
})

test('holdfast ps takes no argument', async () => {
  await expect(ps('/nowhere', 'all')).rejects.toMatchObject({ code: 64, stderr: 'Usage: holdfast ps [--json]\n' })
})
