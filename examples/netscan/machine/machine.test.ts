import { networkInterfaces } from 'node:os'
import { expect, test } from 'vitest'
import { defaultRoutes, listInterfaces, readMachine } from './machine.ts'

test('the machine the test runs on is read, and reading it twice gives the same', async () => {
  const machine = await readMachine()
  expect(machine.interfaces.map((one) => one.name)).toEqual(Object.keys(networkInterfaces()).toSorted())
  expect(machine.interfaces.some((one) => one.internal && one.cidrs.includes('127.0.0.1/8'))).toBe(true)
  expect(machine.routes.length > 0 || machine.routesUnavailable !== undefined || process.platform === 'linux').toBe(true)
  expect(await readMachine()).toEqual(machine)
})

test('an interface with several addresses is one entry', () => {
  const address = { address: '10.0.0.7', netmask: '255.0.0.0', mac: '02:00:00:00:00:01', internal: false, family: 'IPv4' as const }
  const listed = listInterfaces({
    b: [
      { ...address, cidr: '10.0.0.7/8' },
      { ...address, cidr: '10.0.0.8/8' },
    ],
    a: [],
  })
  expect(listed.map((one) => [one.name, one.cidrs])).toEqual([
    ['a', []],
    ['b', ['10.0.0.7/8', '10.0.0.8/8']],
  ])
})

test('the default route with the lowest metric comes first', () => {
  const route = { destination: '0.0.0.0/0', interface: 'eth0' }
  const topology = { hostname: 'h', platform: 'linux', interfaces: [] }
  const routes = [
    { ...route, gateway: '10.0.0.1', metric: 600 },
    { ...route, gateway: '10.0.0.2', metric: 100 },
    { ...route, gateway: null, metric: 0 },
  ]
  expect(defaultRoutes({ ...topology, routes }).map((one) => one.gateway)).toEqual(['10.0.0.2', '10.0.0.1'])
})
