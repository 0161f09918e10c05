/** The script of the sign-in page, as text: it runs in the browser, and nothing of it here. */

export interface SignInSettings {
  readonly address: string
  readonly returnPath: string
  readonly requestHeader: string
}

/** Settings are put in as JSON that cannot end the script element. */
export function signInScript(settings: SignInSettings): string {
  return `
'use strict'
{
  const { address, returnPath, requestHeader } = ${JSON.stringify(settings).replaceAll('<', '\\u003c')}
  const [status, form, input, button] = ['status', 'form', 'code', 'button'].map((id) => document.getElementById(id))

  function say(text, isBad) {
    status.textContent = text
    status.className = isBad ? 'bad' : ''
  }

  function ask(text, isBad) {
    say(text, isBad)
    button.disabled = false
    form.hidden = false
    input.value = ''
    input.focus()
  }

  async function exchange(code) {
    button.disabled = true
    say('Signing in…')
    const headers = { 'content-type': 'application/json', [requestHeader]: '1' }
    const request = { method: 'POST', headers, body: JSON.stringify({ code }), credentials: 'same-origin', cache: 'no-store', redirect: 'error' }
    const response = await fetch(address, request).catch(() => undefined)
    if (response?.ok) location.replace(returnPath)
    else if (response?.status === 401) ask('This code is wrong, was used before, or is older than 30 seconds. Open a fresh link, or type its code.', true)
    else if (response) ask('The server refused the code (status ' + response.status + ').', true)
    else ask('The server cannot be reached. Is the program still running?', true)
  }

  // A fresh link that is opened in this tab changes nothing but the part behind the #.
  function start() {
    const code = location.hash.slice(1)
    if (code === '') return ask('Open the link that the program shows, or type the code behind its #.')
    history.replaceState(null, '', location.pathname + location.search)
    return exchange(code)
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault()
    void exchange(input.value.slice(input.value.lastIndexOf('#') + 1).trim())
  })
  addEventListener('hashchange', () => { if (location.hash.length > 1) start() })
  start()
}
`
}
