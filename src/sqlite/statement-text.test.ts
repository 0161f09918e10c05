import { expect, test } from 'vitest'
import { changesRows, countParameters, isBlank } from './statement-text.ts'

test.each<[string, number]>([
  ['SELECT 1', 0],
  ['SELECT ?', 1],
  ['INSERT INTO t VALUES (?,?, ?)', 3],
  ["SELECT '?', '''?', ?", 1],
  ['SELECT "?", `?`, [?], "a""?", ?', 1],
  ['SELECT ? -- ? here\n, ?', 2],
  ['SELECT ? /* ? \n ? */, ?', 2],
  ['SELECT ? /* unterminated ?', 1],
  ["SELECT json_extract(v, '$.a') ->> '$.b:c@d' FROM t WHERE a$b = ?", 1],
  ["SELECT '--', ?", 1],
  ["SELECT x'3f', ?1.0", -1],
])('[D5] %j has %d parameters', (sql, count) => {
  if (count < 0) expect(() => countParameters(sql)).toThrow(TypeError)
  else expect(countParameters(sql)).toBe(count)
})

test.each(['?1', ':a', '@a', '$a', '#a', '?12'])('[D5] the parameter %s is refused by name', (parameter) => {
  expect(() => countParameters(`SELECT 1 WHERE a=${parameter}`)).toThrow(`got "${parameter}"`)
})

test.each<[string, boolean]>([
  ['', true],
  [' ;\n; ', true],
  ['-- comment', true],
  ['/* a */ -- b\n;', true],
  ['/* a */ x', false],
  ['-- a\nx', false],
  ['1', false],
])('[D5] isBlank(%j) is %s', (sql, expected) => {
  expect(isBlank(sql)).toBe(expected)
})

test.each<[string, boolean]>([
  ['INSERT INTO t VALUES (1)', true],
  ['  \n/* why */ update t SET a = 1', true],
  ['Delete FROM t', true],
  ['REPLACE INTO t VALUES (1)', true],
  ['WITH x AS (SELECT 1) DELETE FROM t', true],
  ['CREATE TABLE t (a)', false],
  ['BEGIN', false],
  ['PRAGMA foreign_keys = 1', false],
  ['withdraw', false],
  ['', false],
])('[C2] changesRows(%j) is %s', (sql, expected) => {
  expect(changesRows(sql)).toBe(expected)
})
