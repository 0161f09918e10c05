import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { toClassicScript } from './helper-script.ts'

test('a module becomes a strict script that may await and leaves no globals', async () => {
  const context: { seen?: unknown } = {}
  const script = toClassicScript('const strict = (function () { return this === undefined })();\nseen = await strict;\nexport {};\n')
  await runInNewContext(script, {
    set seen(value: unknown) {
      context.seen = value
    },
  })
  expect(context).toEqual({ seen: true })
})

test('a module that imports or exports something fails the build', () => {
  expect(() => toClassicScript('import { a } from "./a.js";\n')).toThrow(SyntaxError)
  expect(() => toClassicScript('const a = 1;\nexport { a };\n')).toThrow(SyntaxError)
})
