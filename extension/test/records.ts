/** Records as the service sends them. */

import { readFileSync } from 'fs';
import { join } from 'path';

import type { Job, Version } from '../src/service/records';
import type { PreviewVariable } from '../src/view/preview';

// What a real workspace and service made: tools/extension_fixtures.py writes it.
const made = (name: string) =>
  JSON.parse(readFileSync(join(__dirname, 'fixtures', `${name}.json`), 'utf-8'));

/** A version of two fields, `cold/run 1.csv` and `hot/run 1.csv`, and a README.md. */
export const folder = (): Version => made('folder');

/** A preview of a field over four axes. */
export const preview = (): PreviewVariable => made('preview');

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
