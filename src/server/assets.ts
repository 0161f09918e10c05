/** The files of a page, read once when the server starts: an address is looked up by name, so none can lead anywhere else. */
import * as crypto from 'node:crypto'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { HoldfastError } from '../base/error.ts'

/** A file as it is served. */
export interface Asset {
  readonly bytes: Uint8Array
  readonly type: string
  readonly etag: string
  /** Named by its content, so that it never changes. */
  readonly isImmutable: boolean
}

/** Files by their address below the root, such as `assets/index-4f2a.js`. */
export type Assets = ReadonlyMap<string, Asset>

const types: Readonly<Record<string, string>> = Object.freeze({
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
})

/** What a page may load: its own files, and nothing of anybody else's. */
export const pagePolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/**
 * A name that ends in a hash, as bundlers write it: `index-B7x2kQ9a.js`, `app.KZ3XQ4NP.css`. A word is not taken for one, which has digits and capitals;
 * the few hashes that have not are asked for again each time, which costs little.
 */
const namedByContent = /[-.](?=[\w-]*\d)(?=[\w-]*[A-Z])[\w-]{8,}\.(?!html$)\w+$/

/** Reads every regular file below the directory that the option `page` names. @throws HoldfastError DIRECTORY_INVALID */
export function readAssets(directory: string): Assets {
  try {
    return readFiles(directory)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    const resolved = path.resolve(directory)
    const details = { directory: resolved, reason }
    throw new HoldfastError('DIRECTORY_INVALID', `The option "page" names ${resolved}, which cannot be read (${reason}).`, details, {
      cause,
    })
  }
}

function readFiles(directory: string): Assets {
  const assets = new Map<string, Asset>()
  for (const entry of fs.readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const file = path.join(entry.parentPath, entry.name)
    const address = path.relative(directory, file).split(path.sep).join('/')
    assets.set(address, readAsset(file))
  }
  const index = assets.get('index.html')
  if (index !== undefined) assets.set('', index)
  return assets
}

/** The asset of an address as it was asked for. */
export function findAsset(assets: Assets, address: string): Asset | undefined {
  try {
    return assets.get(decodeURIComponent(address))
  } catch {
    // A stray percent sign is in no address of ours.
    return undefined
  }
}

function readAsset(file: string): Asset {
  const bytes = fs.readFileSync(file)
  return {
    bytes,
    type: types[path.extname(file)] ?? 'application/octet-stream',
    etag: `"${crypto.hash('sha256', bytes, 'base64url').slice(0, 22)}"`,
    isImmutable: namedByContent.test(path.basename(file)),
  }
}
