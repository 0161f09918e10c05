import type { Page } from 'playwright-core'

/** WCAG AA, for text of the size of this page's. */
const leastContrast = 4.5

/** Runs in the page. */
const script = `(async () => {
  const isMoving = ({ playState }) => playState === 'running'
  for (let moving = document.getAnimations(); moving.some(isMoving); moving = document.getAnimations())
    await Promise.allSettled(moving.map((animation) => animation.finished))
  const brush = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true })
  const channelsOf = (color) => {
    brush.clearRect(0, 0, 1, 1)
    brush.fillStyle = color
    brush.fillRect(0, 0, 1, 1)
    return [...brush.getImageData(0, 0, 1, 1).data]
  }
  const lay = (upper, lower) => [0, 1, 2].map((at) => (upper[at] * upper[3] + lower[at] * (255 - upper[3])) / 255)
  const groundOf = (element) => {
    const below = element.parentElement ? groundOf(element.parentElement) : [255, 255, 255]
    return lay(channelsOf(getComputedStyle(element).backgroundColor), below)
  }
  const light = (channel) => (channel <= 10 ? channel / 255 / 12.92 : ((channel / 255 + 0.055) / 1.055) ** 2.4)
  const brightness = ([red, green, blue]) => 0.2126 * light(red) + 0.7152 * light(green) + 0.0722 * light(blue) + 0.05
  const contrastOf = (element) => {
    const ground = groundOf(element)
    const [a, b] = [brightness(ground), brightness(lay(channelsOf(getComputedStyle(element).color), ground))]
    return Math.max(a, b) / Math.min(a, b)
  }
  const isText = (node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim() !== ''
  const isSeen = (element) => element.checkVisibility() && !element.closest('[aria-disabled=true]')
  return [...document.body.querySelectorAll('*')]
    .filter((element) => isSeen(element) && [...element.childNodes].some(isText) && contrastOf(element) < ${leastContrast})
    .map((element) => element.className + ': ' + element.textContent)
})()`

/** Texts of a page that do not stand out enough, each with its class. What cannot be operated just now is left out. */
export async function faintTexts(page: Page): Promise<string[]> {
  return await page.evaluate<string[]>(script)
}
