/** Puts cases on the page when a test says so. */
import { StrictMode } from 'react'
import { createRoot, hydrateRoot, type Root } from 'react-dom/client'
import { renderToString } from 'react-dom/server'
import { connect } from '../../../../src/client.ts'
import type { actions, lan } from '../../lan.ts'
import { cases, report } from './cases.tsx'
import { takeRenders } from './probes.tsx'
import type { Stage } from '../../stage.ts'
import { HoldfastProvider, type LanReplica, replica, watch, type Watched } from './replica.ts'

let root: Root | undefined
let watched: Watched = watch(replica)

const stage: Stage = {
  mount(name, { isStrict = false, isEarly = false, isHydrated = false } = {}) {
    stage.unmount()
    watched = watch(isEarly ? connectLater() : replica)
    const Case = cases[name] ?? (() => null)
    const content = (
      <HoldfastProvider replica={watched.replica}>
        <Case />
      </HoldfastProvider>
    )
    const element = isStrict ? <StrictMode>{content}</StrictMode> : content
    const place = document.body.appendChild(document.createElement('div'))
    place.innerHTML = isHydrated ? renderToString(element) : ''
    const html = place.innerHTML
    // What boundaries catch is shown there.
    const options = { onCaughtError: () => undefined }
    if (isHydrated) root = hydrateRoot(place, element, options)
    else root = createRoot(place, options)
    if (!isHydrated) root.render(element)
    return html
  },
  unmount() {
    root?.unmount()
    document.body.replaceChildren()
    report.noted.length = 0
    report.results.clear()
    takeRenders()
  },
  async settled(cursor) {
    await replica.settled(cursor)
    await nextTask()
  },
  letThrough: () => undefined,
  act: (...args) => void report.act(...(args as never[])),
  noted: () => report.noted,
  results: () => Object.fromEntries(Array.from(report.results, ([name, results]) => [name, results.size])),
  takeRenders,
  subscriptions: () => ({ open: watched.open(), total: watched.total() }),
}

/** Messages are tasks, as those of React's scheduler are; this one comes after what is due. */
async function nextTask(): Promise<void> {
  const { port1, port2 } = new MessageChannel()
  const { promise, resolve } = Promise.withResolvers<void>()
  port1.addEventListener('message', () => resolve())
  port1.start()
  port2.postMessage(undefined)
  await promise
  port1.close()
}

function connectLater(): LanReplica {
  const { promise, resolve } = Promise.withResolvers<void>()
  stage.letThrough = resolve
  const later: typeof fetch = async (...args) => {
    await promise
    return await fetch(...args)
  }
  return connect<typeof lan, typeof actions>({ url: '/state', fetch: later })
}

Object.assign(window, { stage })
