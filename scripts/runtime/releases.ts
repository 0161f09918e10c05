/** The releases of Node that the project is tested on beside its own. */

/** The first Node 22 whose SQLite is safe (D5); `engines` names it too. */
export const oldestNode: string = '22.22.3'

/** A release that Holdfast refuses, on which it must say so in one clear sentence. */
export const refusedNode: string = '20.19.5'
