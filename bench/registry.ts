/** Every benchmark, in the order in which they run. */
import { artifactPut64mb } from './artifacts/artifact-put-64mb.ts'
import { commitAt10mHistory } from './commits/commit-at-10m-history.ts'
import { appendConcurrent, commitConcurrent, commitConcurrentPower } from './commits/commit-concurrent.ts'
import { commitSequential, commitSequentialPower } from './commits/commit-sequential.ts'
import { delayedWrite } from './commits/delayed-write.ts'
import { followBackfill } from './feed/follow-backfill.ts'
import { resume } from './feed/resume.ts'
import { wakeOtherProcess } from './feed/wake-other-process.ts'
import type { Benchmark } from './harness/benchmark.ts'
import { jobsEnqueue } from './jobs/jobs-enqueue.ts'
import { jobsRun } from './jobs/jobs-run.ts'
import { ackToPage } from './network/ack-to-page.ts'
import { besidesPaused } from './network/beside-paused.ts'
import { clientApply } from './network/client-apply.ts'
import { clientCommit } from './network/client-commit.ts'
import { clientSize } from './network/client-size.ts'
import { fanouts } from './network/fanout.ts'
import { hydrateStorm } from './network/hydrate-storm.ts'
import { memoriesPerConnection } from './network/memory-per-connection.ts'
import { findPage } from './reads/find-page.ts'
import { readPoint, readPointHot } from './reads/read-point.ts'
import { sessionVerify } from './reads/session-verify.ts'
import { settingsGet } from './reads/settings-get.ts'
import { snapshot100k } from './reads/snapshot-100k.ts'
import { idle } from './system/idle.ts'
import { loopDelayUnderLoad } from './system/loop-delay.ts'
import { open1m } from './system/open-1m.ts'
import { walPeak } from './system/wal-peak.ts'

export const benchmarks: readonly Benchmark[] = Object.freeze([
  commitSequential,
  commitConcurrent,
  commitSequentialPower,
  commitConcurrentPower,
  appendConcurrent,
  delayedWrite,
  readPoint,
  readPointHot,
  findPage,
  settingsGet,
  sessionVerify,
  snapshot100k,
  followBackfill,
  resume,
  open1m,
  commitAt10mHistory,
  walPeak,
  loopDelayUnderLoad,
  wakeOtherProcess,
  idle,
  ackToPage,
  ...besidesPaused,
  ...fanouts,
  ...memoriesPerConnection,
  hydrateStorm,
  clientApply,
  jobsEnqueue,
  jobsRun,
  clientCommit,
  clientSize,
  artifactPut64mb,
])
