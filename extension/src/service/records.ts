/** What the service sends: the workspace's records as JSON, field by field. */

export interface DatasetInfo {
  name: string;
  latest: number;
  versions: number;
  size: number;
  created: string;
  description: string;
  tags: string[];
}

export interface FileEntry {
  path: string;
  size: number;
  sha256: string;
}

export interface Version {
  name: string;
  number: number;
  id: string;
  files: FileEntry[];
  size: number;
  created: string;
  description: string;
  tags: string[];
  metadata: Record<string, unknown>;
  reused?: boolean;
}

export interface Axis {
  name: string;
  size: number;
  start: number | null;
  stop: number | null;
  units: string | null;
  uniform?: boolean;
}

export interface Variable {
  name: string;
  dims: string[];
  shape: number[];
  dtype: string;
  units: string | null;
  missing: number;
}

/** What was read from one file. */
export interface Description {
  format?: string;
  axes?: Axis[];
  variables?: Variable[];
  notes?: string[];
}

export type JobState = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';

export interface Job {
  id: string;
  kind: string;
  name: string;
  config: Record<string, unknown>;
  state: JobState;
  progress: number;
  message: string;
  error: string | null;
  attempt: number;
  max_attempts: number;
  priority: number;
  created: string;
  started: string | null;
  finished: string | null;
  inputs: Record<string, string>;
  cancel_requested: boolean;
}

export interface Artifact {
  name: string;
  size: number;
  media_type: string;
  created: string;
}

export interface Report {
  id: string;
  title: string;
  template: string;
  job: string;
  created: string;
}

export interface Kind {
  name: string;
  summary: string;
  inputs: string[];
  /** Datasets that it takes besides, where they are given. */
  optional?: Record<string, string>;
  schema: Record<string, unknown>;
}

/** The result of a discovery, as its `result.json` holds it. */
export interface Discovery {
  equation: string;
  latex: string;
  terms: Record<string, Record<string, unknown>>;
  standard_errors: Record<string, Record<string, unknown>>;
  verdict: { kind: string; text: string };
  notes: string[];
}

export const isFinished = (job: Job): boolean =>
  job.state === 'succeeded' || job.state === 'failed' || job.state === 'cancelled';

/** The descriptions of those of a version's files that can be read as fields, by path. */
export function descriptions(version: Version): Map<string, Description> {
  const { metadata, files } = version;
  if (files.length === 1) {
    return new Map([[files[0].path, metadata as Description]]);
  }
  const described = (metadata.files ?? {}) as Record<string, Description | { refused: string }>;
  return new Map(Object.entries(described).filter(([, one]) => !('refused' in one))) as Map<
    string,
    Description
  >;
}
