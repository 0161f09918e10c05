import { useRef, useState } from 'react'
import { sayTrouble } from './call-error.ts'

export interface Asking {
  readonly isPending: boolean
  /** Why the last thing asked for is not to be. */
  readonly trouble: string | undefined
  readonly ask: (call: () => Promise<unknown>) => void
}

/** Asks the server for one thing at a time. */
export function useAsking(): Asking {
  const [isPending, setPending] = useState(false)
  const [trouble, setTrouble] = useState<string>()
  const isAsking = useRef(false)
  const run = async (call: () => Promise<unknown>): Promise<void> => {
    if (isAsking.current) return
    isAsking.current = true
    setPending(true)
    setTrouble(undefined)
    try {
      await call()
    } catch (error) {
      const { form, target, ports } = sayTrouble(error)
      setTrouble(form ?? target ?? ports)
    } finally {
      isAsking.current = false
      setPending(false)
    }
  }
  return { isPending, trouble, ask: (call) => void run(call) }
}
