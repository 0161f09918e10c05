import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { homedir, tmpdir, userInfo } from 'node:os'
import { basename, dirname } from 'node:path'
import { expect, test } from 'vitest'
import { findFixedPorts } from '../scripts/architecture/check-ports.ts'
import { readFiles } from '../scripts/list-files.ts'

test('[X50] the home of a test is an empty directory of its own, not the user’s', () => {
  expect(homedir()).not.toBe(userInfo().homedir)
  expect(basename(homedir())).toMatch(/^hf-home-/)
  expect(readdirSync(homedir())).toEqual([])
})

test('[X50] a process started by a test gets the same home and temporary directory', () => {
  const seen = execFileSync(process.execPath, ['-p', 'JSON.stringify([os.homedir(), os.tmpdir()])'], { encoding: 'utf8' })
  expect(JSON.parse(seen)).toEqual([homedir(), tmpdir()])
})

test('[X50] the temporary directory belongs to this file alone', () => {
  expect(basename(tmpdir())).toMatch(/^hf-/)
  expect(dirname(tmpdir())).toBe(dirname(homedir()))
  expect(readdirSync(tmpdir())).toEqual([])
})

test('[X50] no test listens on a port of its own choice', () => {
  const files = readFiles('{src,examples,bench}/**/*.test.ts', 'test/**/*.ts')
  expect([...files].flatMap(([path, text]) => findFixedPorts(path, text))).toEqual([])
})

test.each(['server.listen(4173)', `server.listen(80, '127.0.0.1', done)`, 'app.listen({ port: 8080 })'])(
  '[X50] %s would be found',
  (text) => {
    expect(findFixedPorts('a.test.ts', text)).toEqual(['a.test.ts:1'])
    expect(findFixedPorts('a.test.ts', text.replace(/\d{2,4}/, '0'))).toEqual([])
  },
)
