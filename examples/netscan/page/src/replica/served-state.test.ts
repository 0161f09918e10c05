import { expect, test } from 'vitest'
import { netscan } from '../../../state.ts'
import { servedState } from './served-state.ts'

test('the page asks for the state that is declared', () => {
  expect(servedState).toEqual({ name: netscan.name, version: netscan.version })
})
