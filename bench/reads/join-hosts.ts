/** SQL that joins the same lines as a snapshot of the hosts, in one statement. */
import { hostsId } from '../bare/bare-rows.ts'

export const joinHosts = `
SELECT CAST(group_concat(line, '') AS BLOB) FROM (
  SELECT '[' || json_quote(key) || ',' || revision || ',' || at || ',' || value || ']' || char(10) AS line FROM k${hostsId} ORDER BY row
)`
