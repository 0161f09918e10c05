/**
 * The helper thread as the text of one script, or `undefined` when running from source.
 *
 * A worker needs an entry of its own, and only source has one to name: `helper-thread.ts`. A program bundled into one file has no
 * second file beside it, so the build (`scripts/build/`) puts the whole helper, as one script, in place of this value. `dist` starts
 * from the text too: one way for everything that is shipped.
 */
export const helperSource: string | undefined = undefined
