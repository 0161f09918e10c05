import { expect, test } from 'vitest'
import { loadDriver } from '../sqlite/load-driver.ts'
import { type Backend, openMemory } from './backend.ts'
import { reopenWhole } from './recovery.ts'

const create = { storeId: 'store', epoch: 'epoch123', stateName: 'test', stateVersion: 1, createdAt: 0, chain: 'chain' }

async function open(isBusy = false): Promise<Backend> {
  const backend = openMemory(await loadDriver('node:sqlite'), create)
  const checkpoint = async () => ({ isBusy, walFrames: 0, copiedFrames: 0, walBytes: 0, walFileBytes: 0 })
  return new Proxy(backend, {
    get: (target, name) => {
      if (name === 'checkpoint') return checkpoint
      const found: unknown = Reflect.get(target, name)
      return typeof found === 'function' ? found.bind(target) : found
    },
  })
}

function epochOf({ main }: Backend): unknown {
  return main.prepare("SELECT value FROM hf_meta WHERE name = 'epoch'").get()?.[0]
}

test('[C8] [F5] a history that has become shorter than what was seen begins a new epoch', async () => {
  const shorter = await reopenWhole(() => open(), 1)
  expect(epochOf(shorter)).toMatch(/^[\w-]{8}$/)
  expect(epochOf(shorter)).not.toBe('epoch123')
  await shorter.close()
  const whole = await reopenWhole(() => open(), 0)
  expect(epochOf(whole)).toBe('epoch123')
  await whole.close()
})

test('[C8] a log that cannot be copied is no recovery, and the fresh connections are closed', async () => {
  const fresh = await open(true)
  await expect(reopenWhole(() => Promise.resolve(fresh), 0)).rejects.toMatchObject({ code: 'STORE_BUSY' })
  expect(fresh.main.isOpen).toBe(false)
})
