/**
 * A limit that is bound. SQLite (3.53) plans by the value of a plain `LIMIT ?`, and so prepares the statement anew each time one is bound:
 * 4 µs of the 6 that a query of ten rows takes. Of a sum it does not know the value.
 */
export const boundLimit = 'LIMIT ? + 0'
