/** Fixed ports: two runs of the tests at once, or a program of the user's, would collide with them. */
import { parseSync, Visitor, type ESTree } from 'vite'

/** Places where a file listens on a port it chose itself instead of 0, as `path:line`. */
export function findFixedPorts(path: string, text: string): string[] {
  const found: number[] = []
  new Visitor({
    CallExpression: (node) => {
      const { callee } = node
      const name = callee.type === 'MemberExpression' && callee.property.type === 'Identifier' ? callee.property.name : undefined
      if (name === 'listen' && node.arguments.some(namesPort)) found.push(node.start)
    },
  }).visit(parseSync(path, text).program)
  return found.map((start) => `${path}:${text.slice(0, start).split('\n').length}`)
}

/** `listen(4173)` and `listen({ port: 4173 })`; a port in a variable is taken to come from the system. */
function namesPort(argument: ESTree.Argument): boolean {
  if (argument.type !== 'ObjectExpression') return isFixed(argument)
  return argument.properties.some(
    (item) => item.type === 'Property' && item.key.type === 'Identifier' && item.key.name === 'port' && isFixed(item.value),
  )
}

const isFixed = (value: ESTree.Node): boolean => value.type === 'Literal' && typeof value.value === 'number' && value.value !== 0
