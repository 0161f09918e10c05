/** Why a store refuses what it is asked. */
import { HoldfastError } from '../base/error.ts'

export function closed(method: string): HoldfastError<'STORE_CLOSED'> {
  return new HoldfastError('STORE_CLOSED', `store.${method} was called on a store that is closed or closing.`, { method })
}

export function nested(method: string): HoldfastError<'COMMIT_NESTED'> {
  return new HoldfastError('COMMIT_NESTED', `store.${method} was called inside a commit.`, { method })
}

export function readOnly(method: string): HoldfastError<'STORE_READ_ONLY'> {
  return new HoldfastError('STORE_READ_ONLY', `store.${method} was called on a store that was opened read-only.`, { method })
}

export function poisoned(reason: string): HoldfastError<'STORE_POISONED'> {
  return new HoldfastError('STORE_POISONED', `The store is read-only: ${reason}.`, { reason })
}

export function walFull(walBytes: number, maxBytes: number): HoldfastError<'WAL_FULL'> {
  return new HoldfastError('WAL_FULL', `The write-ahead log has ${walBytes} bytes, and a reader holds on to it.`, { walBytes, maxBytes })
}
