import { expect, test } from 'vitest'
import { leanBuiltins } from './lean-builtins.ts'

test('imports of modules of Node become constants, whatever names they take', () => {
  const code =
    'import * as fs$1 from "node:fs";\nimport { dirname, join as joined } from "node:path";\nimport { a } from "../shared/a.js";\n'
  expect(leanBuiltins(code)).toBe(
    'const fs$1 = process.getBuiltinModule?.("node:fs") ?? {};\n' +
      'const { dirname, join: joined } = process.getBuiltinModule?.("node:path") ?? {};\n' +
      'import { a } from "../shared/a.js";\n',
  )
})

test('an import in a form it does not know fails the build', () => {
  expect(() => leanBuiltins('import fs from "node:fs";\n')).toThrow('import fs from "node:fs";')
})

test('text that only looks like an import stays', () => {
  const code = 'const text = "import * as fs from \\"node:fs\\";";\n  import * as fs from "node:fs";\n'
  expect(leanBuiltins(code)).toBe(code)
})
