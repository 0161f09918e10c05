import { type ReactNode, useId } from 'react'

export interface PanelProps {
  readonly name: string
  readonly title: string
  /** Stands beside the title: figures, or something to operate. */
  readonly aside?: ReactNode
  readonly children: ReactNode
}

/** A titled part of the page, found by assistive technology under its title. */
export function Panel({ name, title, aside, children }: PanelProps): ReactNode {
  const id = useId()
  return (
    <section className={`panel ${name}`} aria-labelledby={id}>
      <header className="panel-head">
        <h2 id={id}>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  )
}

/** Says what will be here, or why it is not, in the place where it would be. */
export function Empty({ children }: { readonly children: ReactNode }): ReactNode {
  return <div className="empty">{children}</div>
}

/** Shown only when the first data are slow to come. */
export function Waiting(): ReactNode {
  return <div className="empty waiting">Loading…</div>
}
