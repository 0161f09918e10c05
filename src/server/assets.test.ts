import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryDirectory } from '../../test/support/temporary-directory.ts'
import { findAsset, readAssets } from './assets.ts'

function assetsOf(names: readonly string[]) {
  const directory = temporaryDirectory()
  mkdirSync(join(directory, 'assets'))
  for (const name of names) writeFileSync(join(directory, name), name)
  return readAssets(directory)
}

test('what is named by its content is kept for good, and nothing else is', () => {
  const forGood = ['assets/index-B7x2kQ9a.js', 'assets/index-D_-k9Zq1.css', 'app.KZ3XQ4NP.js']
  const askedFor = ['index.html', 'my-great-page.html', 'page-B7x2kQ9a.html', 'user-settings.js', 'my-Component.js', 'chart-20261128.png']
  const assets = assetsOf([...forGood, ...askedFor])
  expect([...forGood, ...askedFor].filter((name) => assets.get(name)?.isImmutable)).toEqual(forGood)
})

test('[Z13] a file is found by its address however that is encoded, and no address leads elsewhere', () => {
  const assets = assetsOf(['index.html', 'assets/a file, (1).png', 'größe.txt'])
  const found = (address: string): string | undefined => {
    const asset = findAsset(assets, address)
    return asset && Buffer.from(asset.bytes).toString()
  }
  expect(found('')).toBe('index.html')
  expect(found('assets/a%20file,%20(1).png')).toBe('assets/a file, (1).png')
  expect(found('assets%2Fa%20file%2C%20%281%29.png')).toBe('assets/a file, (1).png')
  expect(found('gr%C3%B6%C3%9Fe.txt')).toBe('größe.txt')
  for (const address of ['..%2Findex.html', '%2e%2e/index.html', 'assets/../index.html', '%', 'gr%F6%DFe.txt'])
    expect(found(address)).toBeUndefined()
})
