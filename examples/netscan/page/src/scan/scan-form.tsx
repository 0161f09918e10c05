import {
  type ComponentProps,
  type SyntheticEvent,
  type ReactNode,
  type RefObject,
  useEffect,
  useId,
  useMemo,
  useRef,
  useState,
} from 'react'
import type { AskedJob } from '../../../jobs.ts'
import type { Scan } from '../../../state.ts'
import { visibleText } from '../../../visible.ts'
import { useAction, useJob } from '../holdfast.ts'
import { type FieldName, type FormTrouble, sayTrouble } from '../jobs/call-error.ts'
import { useReplica } from '../replica/netscan-context.ts'
import { whyNotBegun } from './scan-words.ts'

/** Asks for a scan. What the server has against it stands below the field it is about, in a place that is kept for it. */
export function ScanForm({ isLive }: { readonly isLive: boolean }): ReactNode {
  const { form, isPending, asked, trouble: refusal, submit, forgive } = useSubmission(isLive)
  const begun = useJob(useReplica().scans, asked?.id)
  const trouble = refusal ?? troubleOf(begun)
  const hints: { readonly [Name in FieldName]: string } = {
    target: hintFor({ isStuck: isPending && !isLive, isUnderWay: asked?.isNew === false }),
    ports: 'Optional, as in 22,80,8000-8100.',
  }
  const field = (name: FieldName): FieldProps => ({
    name,
    hint: hints[name],
    trouble: trouble?.[name],
    // What is about no field stands below the first.
    formTrouble: name === 'target' ? trouble?.form : undefined,
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
  if (isUnderWay) return 'A scan of this target is under way already: it is the one below.'
  return 'An address, a block such as 192.168.1.0/24, or a name. Only scan what is yours.'
}

/** A scan that was asked for well, and found to be of nothing: only its target can be the reason. */
function troubleOf(scan: Scan | undefined): FormTrouble | undefined {
  const reason = whyNotBegun(scan)
  return reason === undefined ? undefined : { target: visibleText(reason) }
}

interface FieldProps extends ComponentProps<'input'> {
  readonly hint: string
  /** What is wrong with the field. */
  readonly trouble: string | undefined
  /** What is wrong, and not with a field. */
  readonly formTrouble: string | undefined
}

function Field({ label, hint, trouble, formTrouble, ...input }: FieldProps & { readonly label?: string }): ReactNode {
  const id = useId()
  const alert = trouble ?? formTrouble
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
      <p id={`${id}-about`} className={alert === undefined ? 'hint' : 'hint trouble'} role={alert === undefined ? undefined : 'alert'}>
        {alert ?? hint}
      </p>
    </div>
  )
}

interface Submission {
  readonly form: RefObject<HTMLFormElement | null>
  readonly isPending: boolean
  /** The last scan that was asked for here, until the user has begun to ask for another. */
  readonly asked: AskedJob | undefined
  readonly trouble: FormTrouble | undefined
  readonly submit: (event: SyntheticEvent) => void
  /** Takes the trouble away, once the user has begun to mend it. */
  readonly forgive: () => void
}

function useSubmission(isLive: boolean): Submission {
  const form = useRef<HTMLFormElement>(null)
  const [startScan, { isPending, value: asked, error, reset }] = useAction(useReplica(), 'startScan')
  const [mistake, setMistake] = useState<FormTrouble>()
  const refusal = useMemo(() => error && sayTrouble(error), [error])
  const trouble = mistake ?? refusal
  useEffect(() => focusFirst(form.current, trouble), [trouble])
  const forgive = (): void => {
    setMistake(undefined)
    reset()
  }
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault()
    const { target, ports } = readFields(form.current)
    if (isPending) return
    forgive()
    if (!isLive) setMistake({ form: 'netscan cannot be asked just now. Try again when the page is live.' })
    else if (target === '') setMistake({ target: 'Name a target, such as 127.0.0.1.' })
    else void startScan({ target, ...(ports === '' ? {} : { ports }) })
  }
  return { form, isPending, asked, trouble, submit, forgive }
}

/** Moves to the first field something is wrong with, if it is with one. */
function focusFirst(form: HTMLFormElement | null, { target, ports }: FormTrouble = {}): void {
  if (target === undefined && ports === undefined) return
  const field = form?.elements.namedItem(target === undefined ? 'ports' : 'target')
  if (field instanceof HTMLElement) field.focus()
}

function readFields(form: HTMLFormElement | null): { readonly [Name in FieldName]: string } {
  const data = new FormData(form ?? undefined)
  const read = (name: FieldName): string => {
    const value = data.get(name)
    return typeof value === 'string' ? value.trim() : ''
  }
  return { target: read('target'), ports: read('ports') }
}
