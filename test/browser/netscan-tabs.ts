/** Tabs that show netscan's page: what they show, and whether it is what the store holds. */
import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import { netscan } from '../../examples/netscan/state.ts'
import { openStore } from '../../src/index.ts'

/** A page that has been told several times that nobody is there waits up to 30 s before it asks again, and once more where that was too early. */
const reconnectMs = 90_000

export async function isLive(page: Page): Promise<void> {
  await page.getByRole('status').getByText('Live', { exact: true }).waitFor({ timeout: reconnectMs })
}

/** Tells a tab that the network is there, as a browser does: it asks again now, however often nobody answered before. */
export async function tellOnline(page: Page): Promise<void> {
  await page.evaluate("dispatchEvent(new Event('online'))")
}

/** What a tab shows of the store. */
export async function shown(page: Page): Promise<{ readonly revision: number; readonly lines: string[] }> {
  const revision = Number(/revision ([\d,]+)/.exec(await page.getByRole('banner').innerText())?.[1]?.replaceAll(',', '') ?? Number.NaN)
  const lines = await page.getByRole('log', { name: 'Console' }).locator('p').allInnerTexts()
  return { revision, lines: lines.map((line) => line.split('\n').at(-1)?.trim() ?? '') }
}

/** What the store holds, read beside whoever has it open. */
export async function kept(directory: string): Promise<{ readonly revision: number; readonly lines: string[] }> {
  const store = await openStore(netscan, { directory, readOnly: true })
  try {
    return { revision: store.health().revision, lines: store.console.read({ limit: 500 }).map(({ value }) => value.text) }
  } finally {
    await store.close()
  }
}

/** Waits until every tab shows what the store holds. */
export async function agree(pages: readonly Page[], directory: string): Promise<void> {
  for (const page of pages) {
    await isLive(page)
    await expect.poll(() => shown(page), { timeout: 30_000 }).toEqual(await kept(directory))
  }
}

/** Cards of a target, the newest first. */
export function cardOf(page: Page, list: 'Scans' | 'Reports', target: string): Locator {
  return page.getByRole('region', { name: `${list}, list` }).getByRole('listitem', { name: target, exact: true })
}

/** Asks for a scan by the form. */
export async function ask(page: Page, target: string, ports: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Target' }).fill(target)
  await page.getByRole('textbox', { name: 'Ports' }).fill(ports)
  await page.getByRole('button', { name: 'Start scan' }).click()
}
