/** Dark or light: what the system prefers, until the user has chosen. */
import { useSyncExternalStore } from 'react'

export type Theme = 'dark' | 'light'

const storageKey = 'netscan-theme'
const chosenHere = 'netscan-theme-chosen'

/** Takes up the choice of an earlier visit. Where nothing can be kept, the system's preference stays. */
export function applyTheme(): void {
  const theme = readChoice()
  if (theme) document.documentElement.dataset['theme'] = theme
  else delete document.documentElement.dataset['theme']
}

export function chooseTheme(theme: Theme): void {
  document.documentElement.dataset['theme'] = theme
  try {
    localStorage.setItem(storageKey, theme)
  } catch {
    // Storage is switched off: the choice holds until the page is closed.
  }
  window.dispatchEvent(new Event(chosenHere))
}

export function useTheme(): Theme {
  return useSyncExternalStore(watchTheme, currentTheme)
}

function currentTheme(): Theme {
  const { theme } = document.documentElement.dataset
  if (theme === 'dark' || theme === 'light') return theme
  return preference().matches ? 'dark' : 'light'
}

function watchTheme(listener: () => void): () => void {
  const chosenInOtherTab = (event: StorageEvent): void => {
    if (event.key !== storageKey) return
    applyTheme()
    listener()
  }
  const system = preference()
  system.addEventListener('change', listener)
  window.addEventListener('storage', chosenInOtherTab)
  window.addEventListener(chosenHere, listener)
  return () => {
    system.removeEventListener('change', listener)
    window.removeEventListener('storage', chosenInOtherTab)
    window.removeEventListener(chosenHere, listener)
  }
}

function preference(): MediaQueryList {
  return window.matchMedia('(prefers-color-scheme: dark)')
}

function readChoice(): Theme | undefined {
  try {
    const kept = localStorage.getItem(storageKey)
    return kept === 'dark' || kept === 'light' ? kept : undefined
  } catch {
    return undefined
  }
}
