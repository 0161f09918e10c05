/** The state this page was made for. A server that runs another one tells the page that it is outdated. */
export const servedState = { name: 'netscan', version: 2 } as const
