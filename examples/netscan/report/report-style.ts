/** How a report looks: on a screen, dark or light as its reader has it, and on paper. */
export const style = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#f3f5f8, #0d1117);
  --surface: light-dark(#fff, #151b23);
  --line: light-dark(#dfe4ea, #29323d);
  --text: light-dark(#18202a, #e3e8ee);
  --muted: light-dark(#566170, #98a4b3);
  --accent: light-dark(#0b63b0, #6cb6ff);
  --good: light-dark(#13743d, #56c98a);
  --warn: light-dark(#855300, #f0b95a);
  --bad: light-dark(#b42318, #ff938a);
}
* { box-sizing: border-box; margin: 0 }
body { background: var(--ground); color: var(--text); font: 15px/1.55 system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', sans-serif; font-variant-numeric: tabular-nums }
header, main, footer { max-width: 60rem; margin: 0 auto; padding: 0 1.25rem }
header { padding-top: 3rem }
.kind { color: var(--accent); font-weight: 600; letter-spacing: .02em }
h1 { font-size: clamp(1.75rem, 6vw, 2.75rem); line-height: 1.15; letter-spacing: -.02em; overflow-wrap: anywhere }
h2 { margin: 2.5rem 0 .75rem; font-size: 1.125rem }
h3 { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 .75rem; font-size: 1rem }
.about { margin-top: .5rem; color: var(--muted) }
.good { color: var(--good) } .warn { color: var(--warn) } .bad { color: var(--bad) }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .75rem; margin-top: 2rem; padding: 0; list-style: none }
.figures li { padding: 1rem 1.125rem; border: 1px solid var(--line); border-radius: .75rem; background: var(--surface); color: var(--muted) }
.figures b { display: block; color: var(--text); font-size: 1.875rem; line-height: 1.2 }
article { margin-bottom: .75rem; padding: 1rem 1.125rem; border: 1px solid var(--line); border-radius: .75rem; background: var(--surface); overflow-x: auto; break-inside: avoid }
.address, .silent, .lines, tbody th { font-family: ui-monospace, 'SF Mono', Menlo, Consolas, 'Liberation Mono', monospace }
.names, .quiet, .none, footer { color: var(--muted) }
.names { font-weight: 400 }
table { width: 100%; margin-top: .625rem; border-collapse: collapse; text-align: left }
th, td { padding: .3rem .75rem .3rem 0; border-top: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere }
thead th { border: 0; color: var(--muted); font-weight: 600; font-size: .875rem }
article :is(th, td):first-child { width: 5.5rem }
tbody th { color: var(--accent); font-weight: 600 }
article :is(th, td):nth-child(2) { width: 11rem }
.silent { columns: 10rem; padding: 0; list-style: none; color: var(--muted) }
.lines { font-size: .8125rem }
.lines td { white-space: nowrap }
.lines td:nth-child(2) { width: 5rem; color: var(--muted) }
.lines td:last-child { width: 100%; white-space: normal }
.lines time { color: var(--muted) }
.lines .found td:nth-child(2) { color: var(--good) }
.lines .lost td:nth-child(2) { color: var(--warn) }
.lines .warning td:nth-child(n + 2) { color: var(--bad) }
footer { padding-top: 2.5rem; padding-bottom: 3rem; font-size: .875rem; overflow-wrap: anywhere }
@media (width < 40rem) { header { padding-top: 1.5rem } article :is(th, td):nth-child(-n + 2) { width: 4.5rem; overflow-wrap: normal } }
@media print { :root { color-scheme: light; --ground: #fff } body { font-size: 11px } article, .figures li { border-radius: 0 } }
`
