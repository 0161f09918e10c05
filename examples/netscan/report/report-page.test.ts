import { expect, test } from 'vitest'
import type { ReportData } from './report-data.ts'
import { drawReport } from './report-page.ts'

const noon = new Date(2026, 10, 21, 12, 0, 0).getTime()

const data: ReportData = {
  madeAt: noon,
  machine: 'reef',
  scan: {
    ...{ id: 'a', target: '10.0.0.0/30', state: 'completed', attempt: 1, createdAt: noon, startedAt: noon, endedAt: noon + 61_000 },
    ...{ scanner: 'nmap', ports: '22,80', done: 8, total: 8 },
  },
  hosts: [
    {
      ...{ address: '10.0.0.1', names: ['nas.lan'], status: 'up', reason: 'answered', settled: 2 },
      open: [
        { port: 22, service: 'ssh', product: 'OpenSSH 9.2' },
        { port: 80, service: 'http', product: '' },
      ],
    },
    { address: '10.0.0.2', names: [], status: 'down', reason: 'no answer', settled: 2, open: [] },
    { address: '10.0.0.3', names: [], status: 'waiting', reason: '', settled: 0, open: [] },
  ],
  lines: [{ at: noon, level: 'found', text: '10.0.0.1 port 22 is open' }],
}

test('a report tells the scan, its figures, each host that answered with its ports, and the others', () => {
  const html = drawReport(data)
  for (const part of [
    '<h1>10.0.0.0/30</h1>',
    '<b class="good">Completed</b> with nmap',
    'took 1 min 1 s',
    '<li><b>1</b> host up</li>',
    '<li><b>2</b> open ports</li>',
    '<li><b>2</b> kinds of services</li>',
    '<li><b>3</b> addresses looked at</li>',
    '<span class="address">10.0.0.1</span> <span class="names">nas.lan</span>',
    '<th scope="row">22</th><td>ssh</td><td>OpenSSH 9.2</td>',
    '<li>10.0.0.2</li>',
    '<li>10.0.0.3 <i>not looked at yet</i></li>',
    '<td>10.0.0.1 port 22 is open</td>',
    'Made by netscan on reef',
  ])
    expect(html).toContain(part)
})

test('a report of a scan under way says how far it was', () => {
  const { endedAt: _, ...scan } = data.scan
  expect(drawReport({ ...data, scan: { ...scan, state: 'running', done: 5 } })).toContain('62 % done')
  expect(drawReport({ ...data, hosts: [], lines: [] })).toContain('No host answered.')
})

test('it runs and loads nothing, and what was scanned is text in it, with what cannot be seen made visible', () => {
  const evil = `<script>alert(1)</script><img src=x onerror=a>"'&\u202e\u0000`
  const html = drawReport({
    ...data,
    machine: evil,
    scan: { ...data.scan, id: evil, target: evil, state: evil },
    hosts: [
      {
        ...{ address: evil, names: [evil], status: 'up', reason: evil, settled: 1 },
        open: [{ port: 1, service: evil, product: evil }],
      },
      { address: evil, names: [], status: 'down', reason: '', settled: 1, open: [] },
    ],
    lines: [{ at: noon, level: 'warning', text: evil }],
  })
  expect(html).not.toMatch(/<script|<img|\u202e|\u0000/)
  expect(html.split('&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=a&gt;&quot;&#39;&amp;‹U+202E›‹NUL›')).toHaveLength(13)
  expect(html).toContain("default-src 'none'")
  expect(html).not.toMatch(/https?:|url\(|@import|\son[a-z]+="|javascript:/)
})
