import { z } from 'zod'
import { defineState, document, sessions } from '../../src/index.ts'

export const idleMs = 120_000
export const absoluteMs = 600_000
export const rotationMs = 10_000

/** A program that people sign in to. */
export const signedIn = defineState({
  name: 'signedIn',
  version: 1,
  kinds: {
    title: document(z.string()),
    sessions: sessions({ idleMs, absoluteMs, rotationMs, data: z.object({ role: z.string() }) }),
  },
})
