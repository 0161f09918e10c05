import { type ComponentProps, type SyntheticEvent, type ReactNode, type RefObject, useId, useRef, useState } from 'react'
import type { ScanWish } from '../replica/netscan-replica.ts'
import { type FormTrouble, sayTrouble } from './call-error.ts'

export interface ScanFormProps {
  readonly startScan: (wish: ScanWish) => Promise<unknown>
  readonly isLive: boolean
  /** Whether a scan is under way, which a new one would end. */
  readonly isUnderWay: boolean
}

type FieldName = FormTrouble['field']

/** Asks for a scan. What the server has against it stands below the field it is about, in a place that is kept for it. */
export function ScanForm({ startScan, isLive, isUnderWay }: ScanFormProps): ReactNode {
  const { form, isPending, trouble, submit, forgive } = useSubmission(startScan, isLive)
  const hints: { readonly [Name in FieldName]: string } = {
    target: hintFor({ isStuck: isPending && !isLive, isUnderWay }),
    ports: 'Optional, as in 22,80,8000-8100.',
  }
  const field = (name: FieldName): FieldProps => ({
    name,
    hint: hints[name],
    trouble: trouble?.field === name ? trouble.text : undefined,
    readOnly: isPending,
    onChange: forgive,
  })
  return (
    <form className="scan-form" ref={form} onSubmit={submit} aria-busy={isPending} noValidate>
      <Field {...field('target')} label="Target" defaultValue="127.0.0.1" inputMode="url" />
      <Field {...field('ports')} label="Ports" placeholder="chosen by netscan" />
      {/* Not `disabled`, which would take the focus away from whoever has just pressed it. */}
      <button type="submit" className="primary" aria-disabled={isPending || !isLive}>
        {isPending ? 'Starting…' : 'Start scan'}
      </button>
    </form>
  )
}

function hintFor({ isStuck, isUnderWay }: { readonly isStuck: boolean; readonly isUnderWay: boolean }): string {
  if (isStuck) return 'netscan does not answer just now. It gets this request, once, as soon as it does.'
  if (isUnderWay) return 'Starting another scan ends the one that is under way.'
  return 'An address, a block such as 192.168.1.0/24, or a name. Only scan what is yours.'
}

interface FieldProps extends ComponentProps<'input'> {
  readonly hint: string
  readonly trouble: string | undefined
}

function Field({ label, hint, trouble, ...input }: FieldProps & { readonly label?: string }): ReactNode {
  const id = useId()
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        {...input}
        id={id}
        type="text"
        className="mono"
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        aria-invalid={trouble !== undefined}
        aria-describedby={`${id}-about`}
      />
      <p id={`${id}-about`} className={trouble === undefined ? 'hint' : 'hint trouble'} role={trouble === undefined ? undefined : 'alert'}>
        {trouble ?? hint}
      </p>
    </div>
  )
}

interface Submission {
  readonly form: RefObject<HTMLFormElement | null>
  readonly isPending: boolean
  readonly trouble: FormTrouble | undefined
  readonly submit: (event: SyntheticEvent) => void
  /** Takes the trouble away, once the user has begun to mend it. */
  readonly forgive: () => void
}

function useSubmission(startScan: ScanFormProps['startScan'], isLive: boolean): Submission {
  const form = useRef<HTMLFormElement>(null)
  const [isPending, setPending] = useState(false)
  const [trouble, setTrouble] = useState<FormTrouble>()
  const focus = (name: string): void => {
    const field = form.current?.elements.namedItem(name)
    if (field instanceof HTMLElement) field.focus()
  }
  const fail = (found: FormTrouble): void => {
    setTrouble(found)
    focus(found.field)
  }
  const start = async (wish: ScanWish): Promise<void> => {
    setPending(true)
    setTrouble(undefined)
    try {
      await startScan(wish)
    } catch (error) {
      fail(sayTrouble(error))
    } finally {
      setPending(false)
    }
  }
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault()
    const { target, ports } = readFields(form.current)
    if (isPending) return
    if (!isLive) fail({ field: 'target', text: 'netscan cannot be asked just now. Try again when the page is live.' })
    else if (target === '') fail({ field: 'target', text: 'Name a target, such as 127.0.0.1.' })
    else void start({ target, ...(ports === '' ? {} : { ports }) })
  }
  return { form, isPending, trouble, submit, forgive: () => setTrouble(undefined) }
}

function readFields(form: HTMLFormElement | null): { readonly [Name in FieldName]: string } {
  const data = new FormData(form ?? undefined)
  const read = (name: FieldName): string => {
    const value = data.get(name)
    return typeof value === 'string' ? value.trim() : ''
  }
  return { target: read('target'), ports: read('ports') }
}
