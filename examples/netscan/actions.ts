/** What the page may ask for. */
import { z } from 'zod'
import { action } from './holdfast.ts'
import { parsePorts } from './scan/ports.ts'
import { readTarget } from './scan/targets.ts'
import { netscan } from './state.ts'
import { UsageError } from './usage-error.ts'

/** What is wrong is found by the schema, so that whoever asked is told at the field it is about. */
const Wish = z.strictObject({ target: textFor(readTarget), ports: textFor(parsePorts).exactOptional() })

/**
 * Asks for a scan; one that is under way is given up for it. What is kept is the wish: a restart in between loses nothing.
 *
 * Answers with the id of the scan. Whether a host name is known is found out later; then the scan may fail.
 */
const startScan = action(netscan, Wish, (tx, { target, ports }, { id }) => {
  tx.request.set({ id, target, ...(ports === undefined ? {} : { ports }) })
  return id
})

export const actions = { startScan }

/** @param read throws a UsageError for text that is of no use to it */
function textFor(read: (text: string) => unknown): z.ZodString {
  return z.string().superRefine((text, { addIssue }) => {
    try {
      read(text)
    } catch (error) {
      if (!(error instanceof UsageError)) throw error
      addIssue({ code: 'custom', message: error.message })
    }
  })
}
