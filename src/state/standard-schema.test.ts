import { type } from 'arktype'
import * as v from 'valibot'
import { afterEach, beforeEach, expect, test } from 'vitest'
import * as z from 'zod'
import { HoldfastError } from '../base/error.ts'
import { assertSchema, type StandardSchemaV1, validate } from './standard-schema.ts'

const unhandled: unknown[] = []
const collect = (reason: unknown) => unhandled.push(reason)

beforeEach(() => {
  unhandled.length = 0
  process.on('unhandledRejection', collect)
})

afterEach(() => {
  process.off('unhandledRejection', collect)
})

/** Resolves after promises have settled and Node has looked for rejections nobody handled. */
const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve))

function failure(schema: StandardSchemaV1, value: unknown): HoldfastError {
  try {
    validate(schema, value, 'hosts')
  } catch (error) {
    if (error instanceof HoldfastError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

const boom = new Error('boom')
const throwBoom = (): never => {
  throw boom
}

test.each<[string, StandardSchemaV1]>([
  ['zod', z.object({ id: z.string().transform((id) => id.trim()), ports: z.array(z.number()).default([80]) })],
  ['valibot', v.object({ id: v.pipe(v.string(), v.transform((id) => id.trim())), ports: v.optional(v.array(v.number()), [80]) })], // prettier-ignore
  ['arktype', type({ id: type('string').pipe((id) => id.trim()), ports: type('number[]').default(() => [80]) })],
])('[V1] what %s puts out is what is stored: transforms and defaults applied', (_, schema) => {
  expect(validate(schema, { id: ' a ' }, 'hosts')).toEqual({ id: 'a', ports: [80] })
})

test.each<[string, StandardSchemaV1, string]>([
  ['zod', z.object({ 'a b': z.array(z.object({ c: z.string() })) }), 'Invalid input: expected string, received number'],
  ['valibot', v.object({ 'a b': v.array(v.object({ c: v.string() })) }), 'Invalid type: Expected string but received 5'],
  ['arktype', type({ 'a b': type({ c: 'string' }).array() }), 'value at ["a b"][1].c must be a string (was a number)'],
])('[V1] an issue of %s names its path and says what is wrong', (_, schema, message) => {
  const error = failure(schema, { 'a b': [{ c: 'x' }, { c: 5 }] })
  expect(error).toMatchObject({ code: 'SCHEMA_REJECTED', details: { kind: 'hosts', issues: [{ path: '$["a b"][1].c', message }] } })
  expect(error.message).toContain('The schema of "hosts" rejects the value at $["a b"][1].c: ')
})

test.each<[string, StandardSchemaV1]>([
  ['zod', z.object({ a: z.string(), b: z.string(), c: z.string() })],
  ['valibot', v.object({ a: v.string(), b: v.string(), c: v.string() })],
  ['arktype', type({ a: 'string', b: 'string', c: 'string' })],
])('[V1] all issues of %s are kept, the first is in the message', (_, schema) => {
  const error = failure(schema, { a: 1, b: 2, c: 3 })
  expect((error as HoldfastError<'SCHEMA_REJECTED'>).details.issues.map(({ path }) => path)).toEqual(['$.a', '$.b', '$.c'])
  expect(error.message).toContain('(and 2 more)')
})

test('[V1] an issue of the whole value has the path $', () => {
  expect(failure(z.string(), 5)).toMatchObject({ details: { issues: [{ path: '$' }] } })
  expect(failure(v.string(), 5)).toMatchObject({ details: { issues: [{ path: '$' }] } })
  expect(failure(type('string'), 5)).toMatchObject({ details: { issues: [{ path: '$' }] } })
})

test.each<[string, StandardSchemaV1]>([
  ['a refinement of zod', z.string().refine(async () => true)],
  ['a refusing refinement of zod', z.string().refine(async () => false)],
  ['a transform of zod', z.object({ a: z.string().transform(async (text) => text) }).or(z.string().transform(async (text) => text))],
  [
    'a schema of valibot',
    v.pipeAsync(
      v.string(),
      v.checkAsync(async () => true),
    ),
  ],
  [
    'a transform of valibot in a synchronous pipe',
    v.pipe(
      v.string(),
      v.transform(async (text) => text),
    ),
  ],
  ['a pipe of arktype', type('string').pipe(async (text) => text)],
])('[V1] %s that is asynchronous is refused', async (_, schema) => {
  const error = failure(schema, 'x')
  expect(error).toMatchObject({ code: 'SCHEMA_ASYNC', details: { kind: 'hosts' } })
  await nextTurn()
  expect('cause' in error).toBe(false)
  expect(unhandled).toEqual([])
})

test.each<[string, StandardSchemaV1]>([
  ['a synchronous refinement of zod', z.string().refine(throwBoom)],
  ['a synchronous transform of zod', z.string().transform(throwBoom)],
  [
    'an asynchronous schema of valibot',
    v.pipeAsync(
      v.string(),
      v.checkAsync(async () => throwBoom()),
    ),
  ],
  [
    'a transform of valibot in a synchronous pipe',
    v.pipe(
      v.string(),
      v.transform(async () => throwBoom()),
    ),
  ],
  ['a pipe of arktype', type('string').pipe(async () => throwBoom())],
])('[V1] what %s throws becomes the cause, and is no unhandled rejection', async (_, schema) => {
  const error = failure(schema, 'x')
  expect(error.code).toBe('SCHEMA_ASYNC')
  await nextTurn()
  expect(error.cause).toBe(boom)
  expect(Object.keys(error)).not.toContain('cause')
  expect(unhandled).toEqual([])
})

test('[V1] the cause is there when an async caller gets the error', async () => {
  const commit = async () => validate(z.string().refine(throwBoom), 'x', 'hosts')
  await expect(commit().catch((error: unknown) => Promise.reject(error as Error))).rejects.toMatchObject({
    code: 'SCHEMA_ASYNC',
    cause: boom,
  })
})

test('[V1] a thenable that is no Promise counts as one', () => {
  // oxlint-disable-next-line unicorn/no-thenable -- it is what this test is about
  const thenable = Object.defineProperty({}, 'then', { value: (done: (result: unknown) => void) => done({ value: 1 }) })
  const standard = { version: 1, vendor: 'test', validate: () => thenable }
  expect(failure({ '~standard': standard } as unknown as StandardSchemaV1, 'x').code).toBe('SCHEMA_ASYNC')
})

test.each<[string, StandardSchemaV1]>([
  ['valibot', v.pipe(v.string(), v.check(throwBoom))],
  ['arktype', type('string').narrow(throwBoom)],
])('[V1] what a synchronous check of %s throws comes through as it is', (_, schema) => {
  expect(() => validate(schema, 'x', 'hosts')).toThrow(boom)
})

test('[V1] paths of symbols, numbers and objects are shown', () => {
  const path = ['a', 0, { key: 'b c' }, { key: Symbol('s') }, { key: 7 }]
  const standard = { version: 1, vendor: 'test', validate: () => ({ issues: [{ message: 'no', path }] }) }
  expect(failure({ '~standard': standard } as StandardSchemaV1, 'x')).toMatchObject({
    details: { issues: [{ path: '$.a[0]["b c"][Symbol(s)][7]', message: 'no' }] },
  })
})

test('[V1] a schema that rejects without an issue still rejects', () => {
  const standard = { version: 1, vendor: 'test', validate: () => ({ issues: [] }) }
  expect(failure({ '~standard': standard } as StandardSchemaV1, 'x').message).toContain('rejects the value without saying why')
})

test.each([z.string(), v.string(), type('string')])('[V1] takes any schema of the standard', (schema) => {
  expect(() => assertSchema('document', schema)).not.toThrow()
})

test.each([undefined, null, 'string', {}, String, () => true, { '~standard': null }, { '~standard': {} }])(
  '[V1] %o is no schema',
  (given) => {
    expect(() => assertSchema('document', given)).toThrow(TypeError)
    expect(() => assertSchema('document', given)).toThrow('Expected "document schema" to be a schema that follows Standard Schema v1')
  },
)

test('[V1] input and output are inferred from the schemas of each library', () => {
  const ofZod = z.object({ at: z.string().transform(Number), up: z.boolean().default(true) })
  const ofValibot = v.object({ at: v.pipe(v.string(), v.transform(Number)), up: v.optional(v.boolean(), true) })
  const ofArktype = type({ at: 'string.numeric.parse', up: 'boolean = true' })
  const inputs: [
    StandardSchemaV1.InferInput<typeof ofZod>,
    StandardSchemaV1.InferInput<typeof ofValibot>,
    StandardSchemaV1.InferInput<typeof ofArktype>,
  ] = [{ at: '5' }, { at: '5' }, { at: '5' }]
  const outputs: [
    StandardSchemaV1.InferOutput<typeof ofZod>,
    StandardSchemaV1.InferOutput<typeof ofValibot>,
    StandardSchemaV1.InferOutput<typeof ofArktype>,
  ] = [validate(ofZod, inputs[0], 'a'), validate(ofValibot, inputs[1], 'b'), validate(ofArktype, inputs[2], 'c')]
  expect(outputs).toEqual([5, 5, 5].map((at) => ({ at, up: true })))
  // @ts-expect-error the output of zod's is a number
  const wrong: string = outputs[0].at
  expect(wrong).toBe(5)
})
