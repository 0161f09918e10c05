import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type NmapEvent, NmapReader } from './nmap-xml.ts'

/** Printed by nmap 7.93; see the first lines of each for the command. */
const versions = readFileSync(new URL('fixtures/nmap-versions.xml', import.meta.url), 'utf8')
const block = readFileSync(new URL('fixtures/nmap-block.xml', import.meta.url), 'utf8')

function readAll(...pieces: string[]): NmapEvent[] {
  const reader = new NmapReader()
  return pieces.flatMap((piece) => reader.read(piece))
}

test('open ports carry what the service says of itself; closed ones are left out', () => {
  const host = readAll(versions).find((event) => event.type === 'host')
  expect(host).toMatchObject({ address: '127.0.0.1', status: 'up', reason: 'localhost-response' })
  expect(host?.open).toEqual([
    { port: 2222, service: 'ssh', product: 'OpenSSH 9.2p1 Debian 2+deb12u3 (protocol 2.0)' },
    { port: 2525, service: 'smtp', product: '' },
    { port: 8080, service: 'http-proxy', product: '' },
  ])
})

test('hosts come as nmap finishes them, those that are down too', () => {
  const hosts = readAll(block).filter((event) => event.type === 'host')
  expect(hosts.map(({ address, status, reason }) => [address, status, reason])).toEqual([
    ['10.9.0.2', 'down', 'no-response'],
    ['10.9.0.3', 'down', 'no-response'],
    ['10.9.0.1', 'up', 'localhost-response'],
  ])
})

test('progress and the end are told', () => {
  const events = readAll(versions)
  expect(events.filter((event) => event.type === 'progress').map((event) => [event.task, event.percent])).toContainEqual([
    'Service scan',
    66.67,
  ])
  expect(events.at(-1)).toMatchObject({ type: 'finished', error: undefined, summary: expect.stringContaining('1 host up') })
})

test('the text may be cut anywhere', () => {
  const whole = readAll(block)
  expect(readAll(...block.split(''))).toEqual(whole)
  for (let at = 0; at < block.length; at += 97) expect(readAll(block.slice(0, at), block.slice(at))).toEqual(whole)
})

test('a host is given the moment its element ends, not before', () => {
  const end = versions.indexOf('</host>') + '</host>'.length
  const reader = new NmapReader()
  expect(reader.read(versions.slice(0, end - 1)).some((event) => event.type === 'host')).toBe(false)
  expect(reader.read(versions.slice(end - 1, end)).map((event) => event.type)).toEqual(['host'])
})

test('errors, skipped targets, other address types and escaped text are understood', () => {
  const text = `<nmaprun><target specification="10.0.0.9" status="skipped" reason="invalid"/>
    <host><status state="up" reason="arp-response"/><address addr="10.0.0.8" addrtype="ipv4"/><address addr="02:00:00:00:00:01" addrtype="mac"/>
    <ports><port protocol="tcp" portid="443"><state state="open"/><service name="http" tunnel="ssl" product="a &lt;b&gt; &amp; &#x41;" version="1"/></port>
    <port protocol="tcp" portid="81"><state state="filtered"/></port></ports></host>
    <runstats><finished exit="error" errormsg="no luck"/></runstats></nmaprun>`
  expect(readAll(text)).toEqual([
    { type: 'skipped', address: '10.0.0.9', reason: 'invalid' },
    {
      type: 'host',
      address: '10.0.0.8',
      status: 'up',
      reason: 'arp-response',
      open: [{ port: 443, service: 'http over TLS', product: 'a <b> & A 1' }],
    },
    { type: 'finished', summary: '', error: 'no luck' },
  ])
})

test.each(['Starting Nmap', '<nmaprun><host></nmaprun>', '<nmaprun a=b>', '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'])(
  '%j is refused',
  (text) => {
    expect(() => readAll(text)).toThrow(/is no XML/)
  },
)
