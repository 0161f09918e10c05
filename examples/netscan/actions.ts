/** What the page may ask for. */
import { z } from 'zod'
import { action, refuseAction } from './holdfast.ts'
import { parsePorts } from './scan/ports.ts'
import { readTarget } from './scan/targets.ts'
import { netscan } from './state.ts'
import { UsageError } from './usage-error.ts'

const Wish = z.strictObject({ target: z.string().min(1), ports: z.string().exactOptional() })

/** Asks for a scan; one that is under way is given up for it. What is kept is the wish: a restart in between loses nothing. */
const startScan = action(netscan, Wish, (tx, { target, ports }, { id }) => {
  try {
    readTarget(target)
    if (ports !== undefined) parsePorts(ports)
  } catch (error) {
    if (error instanceof UsageError) refuseAction(error.message)
    throw error
  }
  tx.request.set({ id, target, ...(ports === undefined ? {} : { ports }) })
})

export const actions = { startScan }
