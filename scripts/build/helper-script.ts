import { Script } from 'node:vm'

/**
 * Turns the helper's bundled module into a classic script with the same effect.
 *
 * A thread whose entry is a module loads Node's whole module loader for it: measured, 6 MiB that stay. As a function a script may
 * await, and its names are no globals.
 *
 * @param code a bundled module that imports and exports nothing
 * @throws SyntaxError when it does
 */
export function toClassicScript(code: string): string {
  const body = code.replace(/^export \{\};?$/m, '')
  const script = `(async () => {\n'use strict';\n${body}})();\n`
  void new Script(script, { filename: 'helper-thread.js' })
  return script
}
