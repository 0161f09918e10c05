/**
 * The page that exchanges a one-time code for a cookie.
 *
 * The same bytes for everybody. Its script and its style stand in it, and the policy names them by their hashes: nothing else runs, and nothing is
 * loaded. The code travels behind `#`, is taken out of the address at once, and goes to the server in the body of a request.
 */
import * as crypto from 'node:crypto'
import { misuse } from '../../base/misuse.ts'
import { requestHeader } from '../../protocol/requests.ts'
import { signInScript } from './sign-in-script.ts'

export interface SignInPageOptions {
  /** Path of the page, and of the request with the code. */
  readonly address: string
  /** Path on this server where the browser goes then. */
  readonly returnPath: string
}

export interface SignInPage {
  readonly html: string
  readonly headers: Readonly<Record<string, string>>
}

const style = `
:root { color-scheme: light dark; --paper: #fafaf8; --ink: #1d1f21; --faint: #62666b; --edge: #c9ccd1; --mark: #1f6feb; --bad: #b3261e }
@media (prefers-color-scheme: dark) { :root { --paper: #16181a; --ink: #e8e9ea; --faint: #9aa0a6; --edge: #3c4146; --mark: #79b0ff; --bad: #ff8a80 } }
* { box-sizing: border-box }
[hidden] { display: none }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
main { width: min(24rem, 100vw); padding: 2rem }
h1 { margin: 0 0 .5rem; font-size: 1.25rem; font-weight: 600 }
p { margin: 0 0 1.25rem; color: var(--faint) }
p.bad { color: var(--bad) }
form { display: grid; gap: .5rem }
label { font-size: .875rem }
input, button { font: inherit; padding: .5rem .75rem; border-radius: .375rem; border: 1px solid var(--edge); min-width: 0 }
input { background: transparent; color: inherit; font-family: ui-monospace, monospace }
button { background: var(--mark); border-color: var(--mark); color: var(--paper); font-weight: 600; cursor: pointer }
button:disabled { opacity: .6; cursor: default }
:focus-visible { outline: 2px solid var(--mark); outline-offset: 2px }
`

/** @throws TypeError for a return path that leads to another server */
export function createSignInPage({ address, returnPath }: SignInPageOptions): SignInPage {
  if (!isOwnPath(returnPath)) throw misuse('returnPath', 'a path of this server such as "/"', returnPath)
  const script = signInScript({ address, returnPath, requestHeader })
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ]
  return {
    html: htmlOf(script),
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy.join('; '),
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    },
  }
}

/** `//evil` and `/\evil` would lead away. */
function isOwnPath(path: string): boolean {
  return /^\/(?![/\\])[\x21-\x7e]*$/.test(path)
}

function hashOf(text: string): string {
  return `sha256-${crypto.hash('sha256', text, 'base64')}`
}

function htmlOf(script: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sign in</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>Sign in</h1>
<p id="status" role="status">This page needs JavaScript.</p>
<form id="form" hidden>
<label for="code">Code</label>
<input id="code" autocomplete="one-time-code" autocapitalize="none" spellcheck="false" required>
<button id="button">Sign in</button>
</form>
</main>
<script>${script}</script>
</body>
</html>
`
}
