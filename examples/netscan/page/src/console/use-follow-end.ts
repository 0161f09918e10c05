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
  const [isFollowing, setFollowing] = useState(true)
  const toEnd = useCallback(() => {
    setFollowing(true)
    if (box.current) box.current.scrollTop = box.current.scrollHeight
  }, [])
  useLayoutEffect(() => {
    if (isFollowing) toEnd()
  }, [content, isFollowing, toEnd])
  useEffect(() => {
    if (!box.current || !isFollowing) return undefined
    // A box that changes its size shows another part of what it holds.
    const observer = new ResizeObserver(toEnd)
    observer.observe(box.current)
    return () => observer.disconnect()
  }, [isFollowing, toEnd])
  const onScroll = ({ currentTarget: { scrollHeight, scrollTop, clientHeight } }: UIEvent<Box>): void =>
    setFollowing(scrollHeight - scrollTop - clientHeight <= nearPixels)
  return { box, isFollowing, onScroll, toEnd }
}
