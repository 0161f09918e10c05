import { expect, test } from 'vitest'
import { z } from 'zod'
import { temporaryDirectory } from '../../test/support/temporary-directory.ts'
import { collection } from '../state/collection-kind.ts'
import { defineState } from '../state/define-state.ts'
import { openStore } from './open-store.ts'

const guests = collection(z.object({ id: z.string() }), { key: 'id' })
const people = collection(z.object({ id: z.string(), seat: z.number() }), { key: 'id' })
const first = defineState({ name: 'party', version: 1, kinds: { guests } })

test('[M2] what a migration writes through a kind it had before renaming it is validated, too', async () => {
  const directory = temporaryDirectory()
  const before = await openStore(first, { directory })
  await before.commit((tx) => tx.guests.put({ id: 'ada' }))
  await before.close()

  const second = (seat: unknown) =>
    defineState({
      name: 'party',
      version: 2,
      kinds: { people },
      migrations: [
        {
          version: 2,
          name: 'guests become people',
          up(tx) {
            const kind = tx.kind('guests')
            tx.rename('guests', 'people')
            kind.put('ada', { id: 'ada', seat })
          },
        },
      ],
    })
  const failures = [expect.stringMatching(/^people "ada": /)]
  await expect(openStore(second('none'), { directory })).rejects.toMatchObject({ code: 'MIGRATION_FAILED', details: { failures } })
  await using after = await openStore(second(4), { directory })
  expect(after.people.get('ada')).toEqual({ id: 'ada', seat: 4 })
})
