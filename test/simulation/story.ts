/** What happens in a simulation, one thing after the other, drawn from its seed. */
import { change, texts } from './changes.ts'
import { fair, rough, storm } from './network/network.ts'
import { sharedCommits } from './server/open-history.ts'
import type { World } from './world.ts'

/** Each event with its weight. */
type Event = readonly [weight: number, happen: (story: Story) => void]

export class Story {
  readonly #world: World
  #endsAt = 0
  #notes = 0

  constructor(world: World) {
    this.#world = world
  }

  async tell(): Promise<void> {
    const { clock, daemon, random } = this.#world
    this.#endsAt = 20_000 + random.next() * 70_000
    for (let count = random.below(12); count > 0; count -= 1) this.#write()
    daemon.start()
    for (let count = 1 + random.below(3); count > 0; count -= 1) this.#world.connect()
    this.#next()
    await clock.pass(this.#endsAt)
  }

  #next(): void {
    const { clock, random } = this.#world
    const pauseMs = random.chance(0.5) ? random.next() * 200 : random.next() * 5_000
    if (clock.elapsed() + pauseMs >= this.#endsAt) return
    clock.after(pauseMs, () => {
      this.#happen()
      this.#next()
    })
  }

  #happen(): void {
    const { random } = this.#world
    let rest = random.below(total)
    for (const [weight, happen] of events) {
      rest -= weight
      if (rest < 0) return happen(this)
    }
  }

  /** The server's program commits, once or in a burst. */
  commit(): void {
    const { random, daemon } = this.#world
    const times = random.chance(0.2) ? 1 + random.below(15) : 1
    for (let count = 0; count < times; count += 1) daemon.store?.commit((tx) => change(tx, random)).catch(() => undefined)
  }

  commitElsewhere(): void {
    const { daemon, random, history } = this.#world
    for (let count = random.chance(0.3) ? random.below(8) : 1; count > 0; count -= 1) this.#write()
    history.sync(history.head)
    daemon.store?.noticeLater()
  }

  call(): void {
    const { random, tally } = this.#world
    const client = this.#someClient()
    if (client === undefined) return
    this.#notes += 1
    const text = `note ${this.#notes} ${random.pick(texts)}`
    client.call(text, undefined)
    // Somebody clicks twice: the same request, by the same id.
    if (!random.chance(0.2)) return
    tally.note('called twice')
    client.call(text, client.calls.at(-1)?.id)
  }

  crash(): void {
    const { daemon, history, network, random, tally } = this.#world
    if (!daemon.isUp) return
    const how = random.pick(['killed', 'killed', 'stopped', 'power cut'] as const)
    tally.note(how)
    if (how === 'stopped') daemon.stop()
    else daemon.kill()
    if (how === 'power cut') history.cutPower()
    if (how !== 'stopped' || random.chance(0.5)) network.serverGone(how === 'power cut')
    this.#startLater()
  }

  /** An older copy takes the place of the store, under a server that runs or while none does. */
  restore(): void {
    const { daemon, history, network, random, tally } = this.#world
    const revision = Math.max(0, history.durable - random.below(15))
    const isRunning = daemon.isUp && random.chance(0.5)
    tally.note(isRunning ? 'restored under a server' : 'restored')
    if (!isRunning) {
      daemon.kill()
      network.serverGone(false)
    }
    history.restore(revision)
    if (isRunning) daemon.store?.replaced()
    else this.#startLater()
  }

  prune(): void {
    const { history, random, tally } = this.#world
    const most = history.durable - sharedCommits
    if (most <= history.horizon) return
    history.horizon += 1 + random.below(most - history.horizon)
    tally.note('pruned')
  }

  changeWeather(): void {
    const { network, random } = this.#world
    network.weather = random.pick([fair, fair, rough, rough, storm])
  }

  disturb(): void {
    this.#world.network.disturb(this.#world.random.next())
  }

  comeAndGo(): void {
    const { clients, random } = this.#world
    const client = this.#someClient()
    if (client !== undefined && random.chance(0.5)) this.#world.disconnect(client)
    else if (clients.length < 4) this.#world.connect()
  }

  freezeTabs(): void {
    this.#world.freezeTabs()
  }

  look(): void {
    for (const client of this.#world.clients) client.look()
  }

  hope(): void {
    const client = this.#someClient()
    if (this.#world.random.chance(0.5)) client?.goOnline()
    else client?.replica.retry()
  }

  stepClock(): void {
    const { clock, random } = this.#world
    clock.step(Math.floor((random.next() - 0.5) * 7_200_000))
  }

  box(): void {
    this.#world.isBoxed = this.#world.random.chance(0.5)
  }

  wait(): void {
    const { clock, random, tally } = this.#world
    const client = this.#someClient()
    const cursor = this.#world.daemon.store?.cursor
    if (client === undefined || cursor === undefined) return
    const signal = new AbortController()
    clock.after(random.next() * 20_000, () => signal.abort())
    client.replica.settled(cursor, { signal: signal.signal }).then(
      () => tally.note('settled'),
      () => tally.note('not settled'),
    )
  }

  #write(): void {
    const { clock, history, random } = this.#world
    history.commit({ at: clock.now(), label: 'elsewhere', write: (tx) => change(tx, random) })
  }

  #startLater(): void {
    const { clock, daemon, random } = this.#world
    clock.after(random.next() * 15_000, () => {
      if (!daemon.isUp) daemon.start()
    })
  }

  #someClient(): World['clients'][number] | undefined {
    const { clients, random } = this.#world
    return clients.length === 0 ? undefined : random.pick(clients)
  }
}

const events: readonly Event[] = [
  [30, (story) => story.commit()],
  [8, (story) => story.commitElsewhere()],
  [8, (story) => story.call()],
  [4, (story) => story.crash()],
  [2, (story) => story.restore()],
  [3, (story) => story.prune()],
  [6, (story) => story.changeWeather()],
  [5, (story) => story.disturb()],
  [3, (story) => story.comeAndGo()],
  [6, (story) => story.look()],
  [3, (story) => story.hope()],
  [2, (story) => story.stepClock()],
  [1, (story) => story.box()],
  [3, (story) => story.wait()],
  [2, (story) => story.freezeTabs()],
]
const total = events.reduce((sum, [weight]) => sum + weight, 0)
