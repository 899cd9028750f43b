/** Records as the service sends them. */

import type { Job } from '../src/service/records';

export const job = (more: Partial<Job> = {}): Job => ({
  id: 'job-1',
  kind: 'discover',
  name: '',
  config: {},
  state: 'queued',
  progress: 0,
  message: '',
  error: null,
  attempt: 0,
  max_attempts: 3,
  priority: 0,
  created: '2026-11-22T12:00:00Z',
  started: null,
  finished: null,
  inputs: { field: 'wake@1' },
  cancel_requested: false,
  ...more
});
