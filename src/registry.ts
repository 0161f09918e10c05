/** Holdfast's registry: which stores and servers of this user run on this machine. */
export type { Instance, InstanceInfo } from './registry/instance.ts'
export { find, type InstanceQuery, list, sweep } from './registry/list.ts'
export { register, type Registration, type RegistryOptions } from './registry/register.ts'
