/**
 * A report as one HTML file that needs nothing else: no script, no font, no address it would load from. What was scanned is named in it as
 * text, with everything that cannot be seen made visible; nothing of it becomes markup.
 */
import { formatCount, percentOf } from '../figures.ts'
import { visibleText } from '../visible.ts'
import { figuresOf, type ReportData } from './report-data.ts'
import { style } from './report-style.ts'

type ReportedHost = ReportData['hosts'][number]
type Line = ReportData['lines'][number]

/** Nothing is loaded, whoever opens it; the one style is its own. */
const policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

export function drawReport(data: ReportData): string {
  const { scan, madeAt, machine, hosts, lines } = data
  const up = hosts.filter(({ status }) => status === 'up')
  const silent = hosts.filter(({ status }) => status !== 'up')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>Scan of ${escape(scan.target)} · netscan</title>
<style>${style}</style>
</head>
<body>
<header>
<p class="kind">Network scan</p>
<h1>${escape(scan.target)}</h1>
<p class="about">${drawAbout(data)}</p>
</header>
<main>
${drawFigures(data)}
<section>
<h2>Hosts that answered</h2>
${up.map(drawHost).join('\n') || '<p class="none">No host answered.</p>'}
</section>
${drawSilent(silent)}
${drawLines(lines)}
</main>
<footer>Made by netscan${machine === '' ? '' : ` on ${escape(machine)}`}, ${drawTime(madeAt)}. Scan ${escape(scan.id)}.</footer>
</body>
</html>
`
}

function drawAbout({ scan }: ReportData): string {
  const way = scan.scanner === 'nmap' ? 'with nmap' : 'with TCP connections'
  const begun = scan.startedAt ?? scan.createdAt
  const end = scan.endedAt === undefined ? `, ${percentOf(scan)} % done` : `, took ${formatSpan(scan.endedAt - begun)}`
  return `${stateWords.get(scan.state) ?? escape(scan.state)} ${way} · started ${drawTime(begun)}${end}`
}

const stateWords: ReadonlyMap<string, string> = new Map([
  ['completed', '<b class="good">Completed</b>'],
  ['failed', '<b class="bad">Failed</b>'],
  ['cancelled', '<b class="warn">Cancelled</b>'],
  ['running', '<b>Under way</b>'],
  ['queued', '<b>Waiting</b>'],
])

function drawFigures(data: ReportData): string {
  const { up, open } = figuresOf(data)
  const services = new Set(data.hosts.flatMap((host) => host.open.map(({ service }) => service)).filter((service) => service !== ''))
  const figures: [number, string][] = [
    [up, up === 1 ? 'host up' : 'hosts up'],
    [open, open === 1 ? 'open port' : 'open ports'],
    [services.size, services.size === 1 ? 'kind of service' : 'kinds of services'],
    [data.hosts.length, data.hosts.length === 1 ? 'address looked at' : 'addresses looked at'],
  ]
  const drawn = figures.map(([number, words]) => `<li><b>${number.toLocaleString('en')}</b> ${words}</li>`)
  return `<ul class="figures">\n${drawn.join('\n')}\n</ul>`
}

function drawHost({ address, names, reason, open }: ReportedHost): string {
  const head = `<h3><span class="address">${escape(address)}</span> <span class="names">${escape(names.join(', '))}</span></h3>`
  const rows = open.map(
    ({ port, service, product }) =>
      `<tr><th scope="row">${port}</th><td>${escape(service) || '–'}</td><td>${escape(product) || '<span class="quiet">not asked</span>'}</td></tr>`,
  )
  const table = `<table>
<thead><tr><th scope="col">Port</th><th scope="col">Service</th><th scope="col">What it says it is</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table>`
  return `<article>
${head}
<p class="quiet">${escape(reason)} · ${formatCount(open.length, 'open port')}</p>
${rows.length === 0 ? '<p class="none">None of the ports that were looked at is open.</p>' : table}
</article>`
}

function drawSilent(hosts: readonly ReportedHost[]): string {
  if (hosts.length === 0) return ''
  const items = hosts.map(({ address, status }) => `<li>${escape(address)}${status === 'waiting' ? ' <i>not looked at yet</i>' : ''}</li>`)
  return `<section>\n<h2>No answer</h2>\n<ul class="silent">\n${items.join('\n')}\n</ul>\n</section>`
}

function drawLines(lines: readonly Line[]): string {
  if (lines.length === 0) return ''
  const rows = lines.map(
    ({ at, level, text }) =>
      `<tr class="${level}"><td><time datetime="${new Date(at).toISOString()}">${clock.format(at)}</time></td><td>${level}</td><td>${escape(text)}</td></tr>`,
  )
  return `<section>\n<h2>What happened</h2>\n<table class="lines">\n<tbody>\n${rows.join('\n')}\n</tbody>\n</table>\n</section>`
}

const clock = new Intl.DateTimeFormat('en', { timeStyle: 'medium', hourCycle: 'h23' })
const full = new Intl.DateTimeFormat('en', { dateStyle: 'long', timeStyle: 'medium', hourCycle: 'h23' })

function drawTime(at: number): string {
  return `<time datetime="${new Date(at).toISOString()}">${full.format(at)}</time>`
}

function formatSpan(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000))
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

const entities: { readonly [character: string]: string } = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Text from outside, as text. */
function escape(text: string): string {
  return visibleText(text).replaceAll(/[&<>"']/g, (character) => entities[character] ?? '')
}
