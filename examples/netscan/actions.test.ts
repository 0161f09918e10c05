import { expect, test } from 'vitest'
import { actions } from './actions.ts'

/** What is said about each field of a wish for a scan. */
async function issuesOf(wish: unknown): Promise<string[]> {
  const { issues = [] } = await actions.startScan.schema['~standard'].validate(wish)
  return issues.map(({ path = [], message }) => `${path.map(String).join('.')}: ${message.split(' ').slice(-3).join(' ')}`)
}

test.each([
  [{ target: '10.0.0.1', ports: '22,80' }, []],
  [{ target: 'nas.lan' }, []],
  [{ target: 'a b' }, ['target: no host name.']],
  [{ target: '10.0.0.0/8' }, ['target: at most 256.']],
  [{ target: '10.0.0.1', ports: '0' }, ['ports: as in 22,80,8000-8100.']],
  [{ target: '::', ports: 'x' }, ['target: multicast or broadcast.', 'ports: as in 22,80,8000-8100.']],
  [{ target: 1 }, ['target: string, received number']],
])('the wish %j', async (wish, issues) => {
  expect(await issuesOf(wish)).toEqual(issues)
})
