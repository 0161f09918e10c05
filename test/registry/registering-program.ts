/** A program that registers itself: another process, for `Program`. */
import { spawn } from 'node:child_process'
import { find, type Instance, type InstanceInfo, list, register, type Registration, sweep } from '../../src/registry.ts'
import { answer } from '../support/answer.ts'

let registration: Registration | undefined

const calls = {
  async register(info: InstanceInfo): Promise<Instance> {
    registration = await register(info)
    return registration.info
  },
  update: (info: Partial<InstanceInfo>): void => registration?.update(info),
  release: async (): Promise<void> => registration?.release(),
  list: (): Promise<readonly Instance[]> => list(),
  findName: (name: string): Promise<readonly Instance[]> => find({ name }),
  sweep: (): Promise<number> => sweep(),
  /** A child that goes on when this process is gone; answers with its id. */
  spawnSurvivor(): number {
    const child = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' })
    child.unref()
    return child.pid as number
  },
  pid: (): number => process.pid,
}

export type RegisteringCalls = typeof calls

answer(calls)
