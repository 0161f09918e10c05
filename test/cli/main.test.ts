import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { projectRoot } from '../../scripts/list-files.ts'

function holdfast(...args: string[]): { readonly stdout: string; readonly status: number | null } {
  const { stdout, status } = spawnSync(process.execPath, ['--no-warnings', join(projectRoot, 'src/cli/holdfast.ts'), ...args], {
    encoding: 'utf8',
  })
  return { stdout, status }
}

test.each(['--version', '-v'])('the version is that of the package: %s', (option) => {
  const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as { readonly version: string }
  expect(holdfast(option)).toEqual({ stdout: `${version}\n`, status: 0 })
})

test('the help names every option', () => {
  const { stdout, status } = holdfast('--help')
  expect(status).toBe(0)
  for (const option of ['why DIRECTORY', '--help, -h', '--version, -v']) expect(stdout).toContain(option)
})
