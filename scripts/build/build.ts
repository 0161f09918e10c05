/** `npm run build [-- --out DIRECTORY]`: `src` without its tests as one file an entry, the helper thread in it as text, and declarations. */
import { spawnSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { projectRoot } from '../list-files.ts'
import { bundleHelper } from './bundle-helper.ts'
import { bundlePackage } from './bundle-package.ts'

const { values } = parseArgs({ options: { out: { type: 'string', default: join(projectRoot, 'dist') } } })
const out = resolve(values.out)

rmSync(out, { recursive: true, force: true })
compile()
await embedHelper()
await bundlePackage(out, [
  ['index', 'server', 'socket-io', 'cli/holdfast'],
  ['client', 'client-socket-io', 'client-tabs', 'client-token', 'react'],
  ['registry'],
])

function compile(): void {
  const compiler = join(projectRoot, 'node_modules/typescript/bin/tsc')
  const options = ['-p', join(projectRoot, 'tsconfig.build.json'), '--outDir', out]
  const { status } = spawnSync(process.execPath, [compiler, ...options], { stdio: 'inherit', cwd: projectRoot })
  if (status !== 0) process.exit(status ?? 1)
}

/** Puts the bundled helper in place of the `undefined` that source has; the declaration stays as it is. */
async function embedHelper(): Promise<void> {
  const source = await bundleHelper(join(out, 'sqlite/helper-thread.js'))
  const text = `/** The helper thread as one script, bundled by the build. */\nexport const helperSource = ${JSON.stringify(source)}\n`
  writeFileSync(join(out, 'sqlite/helper-embedded.js'), text)
}
