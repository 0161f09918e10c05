import type { ReactNode } from 'react'

function Icon({ children }: { readonly children: ReactNode }): ReactNode {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {children}
    </svg>
  )
}

export const SunIcon = (): ReactNode => (
  <Icon>
    <circle cx="12" cy="12" r="4" />
    <path d="M12 2.5v2.2M12 19.3v2.2M2.5 12h2.2M19.3 12h2.2M5.3 5.3l1.5 1.5M17.2 17.2l1.5 1.5M5.3 18.7l1.5-1.5M17.2 6.8l1.5-1.5" />
  </Icon>
)

export const MoonIcon = (): ReactNode => (
  <Icon>
    <path d="M20 14.2A8.2 8.2 0 0 1 9.8 4a8.2 8.2 0 1 0 10.2 10.2Z" />
  </Icon>
)

export const MachineIcon = (): ReactNode => (
  <Icon>
    <rect x="4" y="5" width="16" height="11" rx="1.6" />
    <path d="M2.5 19h19" />
  </Icon>
)

export const GatewayIcon = (): ReactNode => (
  <Icon>
    <rect x="3" y="12.5" width="18" height="7" rx="1.6" />
    <path d="M7 16h.01M11 16h6M12 12.5V9M8.8 6.8a4.6 4.6 0 0 1 6.4 0M6.4 4.2a8 8 0 0 1 11.2 0" />
  </Icon>
)

export const WorldIcon = (): ReactNode => (
  <Icon>
    <circle cx="12" cy="12" r="8.5" />
    <path d="M3.5 12h17M12 3.5c2.6 2.6 3.6 5.3 3.6 8.5s-1 5.9-3.6 8.5c-2.6-2.6-3.6-5.3-3.6-8.5s1-5.9 3.6-8.5Z" />
  </Icon>
)

export const BrandIcon = (): ReactNode => (
  <Icon>
    <circle cx="12" cy="12" r="2" />
    <path d="M12 3a9 9 0 1 0 9 9M12 7.5a4.5 4.5 0 1 0 4.5 4.5M12 12l7-7" />
  </Icon>
)
