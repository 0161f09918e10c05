import { expect, test } from 'vitest'
import { defaultDirectory, type Machine } from './directory.ts'

const on = (platform: NodeJS.Platform, env: Machine['env'] = {}): string => defaultDirectory({ platform, env, home: '/home/ada' })

test('[G1] the place follows the convention of the platform, and the override', () => {
  expect(on('linux')).toBe('/home/ada/.local/state/holdfast/registry')
  expect(on('linux', { XDG_STATE_HOME: '/var/ada' })).toBe('/var/ada/holdfast/registry')
  expect(on('linux', { XDG_STATE_HOME: 'relative' })).toBe('/home/ada/.local/state/holdfast/registry')
  expect(on('darwin')).toBe('/home/ada/Library/Application Support/holdfast/registry')
  expect(on('win32', { LOCALAPPDATA: '/local' })).toBe('/local/holdfast/registry')
  expect(on('linux', { HOLDFAST_REGISTRY_DIR: '/elsewhere', XDG_STATE_HOME: '/var/ada' })).toBe('/elsewhere')
  expect(on('darwin', { HOLDFAST_REGISTRY_DIR: '' })).toBe('/home/ada/Library/Application Support/holdfast/registry')
})
