import { type RefObject, type UIEvent, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react'

/** Nearer to the end than this counts as there, pixels. */
const nearPixels = 12

export interface FollowedEnd<Box extends HTMLElement> {
  readonly box: RefObject<Box | null>
  /** False once the user has scrolled up, until the end is reached again. */
  readonly isFollowing: boolean
  readonly onScroll: (event: UIEvent<Box>) => void
  readonly toEnd: () => void
}

/** Keeps a box scrolled to its end while `content` grows, unless the user has scrolled up to read. */
export function useFollowEnd<Box extends HTMLElement>(content: unknown): FollowedEnd<Box> {
  const box = useRef<Box>(null)
  const size = useRef('')
  const [isFollowing, setFollowing] = useState(true)
  const toEnd = useCallback(() => {
    setFollowing(true)
    if (box.current) box.current.scrollTop = box.current.scrollHeight
  }, [])
  useLayoutEffect(() => {
    if (isFollowing) toEnd()
  }, [content, isFollowing, toEnd])
  useEffect(() => {
    const followed = box.current
    if (!followed || !isFollowing) return undefined
    // A box that changes its size shows another part of what it holds.
    const observer = new ResizeObserver(() => {
      size.current = sizeOf(followed)
      toEnd()
    })
    observer.observe(followed)
    return () => observer.disconnect()
  }, [isFollowing, toEnd])
  const onScroll = ({ currentTarget }: UIEvent<Box>): void => {
    const { scrollHeight, scrollTop, clientHeight } = currentTarget
    if (scrollHeight - scrollTop - clientHeight <= nearPixels) setFollowing(true)
    // In a box whose size has just changed it was the browser that scrolled, to keep in view what was.
    else if (size.current === sizeOf(currentTarget)) setFollowing(false)
  }
  return { box, isFollowing, onScroll, toEnd }
}

function sizeOf({ clientWidth, clientHeight }: HTMLElement): string {
  return `${clientWidth} ${clientHeight}`
}
