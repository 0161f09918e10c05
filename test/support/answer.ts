/** The program's side of `program.ts`; loads no test runner. */

/** What a program can be asked: functions of plain data. */
export interface AnyCalls {
  readonly [name: string]: (...args: never[]) => unknown
}

export interface Question {
  readonly number: number
  readonly name: string
  readonly args: readonly unknown[]
}

export type Answer =
  | { readonly number: number; readonly value: unknown }
  | { readonly number: number; readonly error: { readonly message: string; readonly code: unknown; readonly details: unknown } }

/** Answers questions until the process is killed. */
export function answer(calls: AnyCalls): void {
  process.on('message', (question: Question) => void settle(calls, question))
}

async function settle(calls: AnyCalls, { number, name, args }: Question): Promise<void> {
  try {
    const value = await (calls[name] as (...given: unknown[]) => unknown)(...args)
    process.send?.({ number, value } satisfies Answer)
  } catch (error) {
    const { message, code, details } = error as Error & { readonly code?: unknown; readonly details?: unknown }
    process.send?.({ number, error: { message, code, details } } satisfies Answer)
  }
}
