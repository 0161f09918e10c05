import { type ReportEvent, openStore } from '../../src/index.ts'
import { action } from '../../src/server.ts'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { club } from './club.ts'
import { bearer, type ServedClub, serveClub } from './served-club.ts'

/** A bug like any other. */
const say = action(club, z.object({ id: z.string() }), () => {
  throw new Error('my bug', { cause: new RangeError('its cause') })
})
const grants = (): never => ({ kinds: { nowhere: 'all' } }) as never

/** What the process is warned of, with what is printed below it, until the test is over. */
function listenToWarnings(): { readonly texts: string[]; readonly heard: Promise<void> } {
  const texts: string[] = []
  const { promise: heard, resolve } = Promise.withResolvers<void>()
  const listen = (warning: Error & { readonly code?: string; readonly detail?: string }): void => {
    if (warning.name !== 'HoldfastWarning') return
    texts.push(`[${warning.code}] ${warning.message}\n${warning.detail}`)
    resolve()
  }
  process.on('warning', listen)
  onTestFinished(() => void process.off('warning', listen))
  return { texts, heard }
}

/** Asks for what fails, as a member; answers with what the member was told and the secrets that were sent. */
async function fail(
  served: ServedClub,
  what: 'call' | 'snapshot',
): Promise<{ readonly told: unknown; readonly secrets: readonly string[] }> {
  const { token } = await served.store.members.create({ user: 'ada', data: { role: 'a role that nobody is told' } })
  const headers = bearer(token)
  const response = what === 'call' ? await served.say('sent with the call', headers) : await served.ask('snapshot', headers)
  expect(response.status).toBe(500)
  return { told: await response.json(), secrets: [token, served.token, 'a role that nobody is told', 'sent with the call'] }
}

test('[N2] [Z25] a bug in an action is a warning of the process with its stack and its cause, which the client is not told', async () => {
  const { texts, heard } = listenToWarnings()
  const { told, secrets } = await fail(await serveClub({ actions: { say } }), 'call')
  await heard
  const { reference } = (told as { readonly details: { readonly reference: string } }).details
  expect(JSON.stringify(told)).not.toMatch(/bug|cause/)
  const trace =
    /^\[serving-failed\] Request (\S+) failed\. my bug\nError: my bug\n +at .*reported\.test\.ts[^]*\nCaused by: RangeError: its cause\n +at /
  expect(texts).toEqual([expect.stringMatching(trace)])
  expect(texts[0]).toContain(reference)
  for (const secret of secrets) expect(texts[0]).not.toContain(secret)
})

test('[N2] [B1] a wrong grant is a warning that says what to correct', async () => {
  const { texts, heard } = listenToWarnings()
  const { secrets } = await fail(await serveClub({ grants }), 'snapshot')
  await heard
  expect(texts).toEqual([
    expect.stringMatching(/^\[serving-failed\] Request [^]*\nCaused by: HoldfastError: .*"nowhere".*Correct what `grants` answers/),
  ])
  for (const secret of secrets) expect(texts[0]).not.toContain(secret)
})

test('[N2] what a server fails at goes to the report of its store, or to onError alone where that is given', async () => {
  const [events, errors]: [ReportEvent[], unknown[]] = [[], []]
  const store = await openStore(club, { directory: temporaryDirectory(), report: (event) => void events.push(event) })
  onTestFinished(() => store.close())
  await fail(await serveClub({ actions: { say } }, store), 'call')
  const message = expect.stringMatching(/^Request \S+ failed\.$/)
  expect(events).toEqual([{ type: 'serving-failed', message, error: expect.objectContaining({ message: 'my bug' }) }])
  await fail(await serveClub({ actions: { say }, onError: (error) => void errors.push(error) }, store), 'call')
  expect([events.length, errors]).toEqual([
    1,
    [expect.objectContaining({ message, cause: expect.objectContaining({ message: 'my bug' }) })],
  ])
})
