/** How sizes, times and states look to people; sizes as everywhere in PhysForge: decimal kB, MB. */

import type { Job, JobState } from './service/records';

const UNITS = ['kB', 'MB', 'GB', 'TB', 'PB'];

export function size(bytes: number): string {
  if (bytes < 1000) {
    return `${bytes} B`;
  }
  let power = 1;
  while (bytes >= 999.95 * 1000 ** power && power < UNITS.length) {
    power += 1;
  }
  return `${(bytes / 1000 ** power).toFixed(1)} ${UNITS[power - 1]}`;
}

export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) {
    return `${whole} s`;
  }
  if (whole < 3600) {
    return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
  }
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')} min`;
}

export function ago(moment: string, now: number = Date.now()): string {
  const seconds = (now - Date.parse(moment)) / 1000;
  if (seconds < 45) {
    return 'just now';
  }
  if (seconds < 3570) {
    return `${Math.max(1, Math.round(seconds / 60))} min ago`;
  }
  if (seconds < 84600) {
    return `${Math.round(seconds / 3600)} h ago`;
  }
  return new Date(moment).toLocaleDateString(undefined, { dateStyle: 'medium' });
}

export const moment = (iso: string): string =>
  new Date(iso).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/** A number as a scientist writes it: four significant digits, no padding. */
export function number(value: number): string {
  if (!Number.isFinite(value)) {
    return String(value);
  }
  const short = Number(value.toPrecision(4));
  const large = Math.abs(short) >= 1e5 || (short !== 0 && Math.abs(short) < 1e-3);
  return (large ? short.toExponential() : String(short)).replace(/-/g, '−');
}

export function interval(value: number, error: number | null): string {
  if (error === null || !(error > 0) || !Number.isFinite(error)) {
    return number(value);
  }
  const decimals = Math.min(12, Math.max(0, 1 - Math.floor(Math.log10(error))));
  return `${value.toFixed(decimals)} ± ${error.toFixed(decimals)}`.replace(/-/g, '−');
}

/** A text as a sentence of its own; a symbol that it begins with (`u_t`, `x`) stays as it is. */
export function sentence(text: string): string {
  const first = /^\S*/.exec(text)![0];
  const symbol = first.includes('_') || (first.length === 1 && first !== 'a');
  const begun = symbol ? text : text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}

export const count = (many: number, one: string, more: string = `${one}s`): string =>
  `${many} ${many === 1 ? one : more}`;

const STATES: Record<JobState, string> = {
  queued: 'Waiting',
  running: 'Running',
  succeeded: 'Done',
  failed: 'Failed',
  cancelled: 'Cancelled'
};

export function state(job: Job): string {
  return job.cancel_requested && job.state === 'running' ? 'Stopping' : STATES[job.state];
}

/** What a person calls the job: its name, or what it works on; `find` knows other jobs. */
export function titleOf(job: Job, find?: (id: string) => Job | undefined): string {
  if (job.name) {
    return job.name;
  }
  const { notebook, job: other } = job.config;
  if (job.kind === 'notebook' && typeof notebook === 'string') {
    return notebook;
  }
  const reported = job.kind === 'report' && typeof other === 'string' ? find?.(other) : undefined;
  if (reported) {
    return `Report on ${titleOf(reported)}`;
  }
  const inputs = Object.values(job.inputs);
  return inputs.length ? inputs.join(', ') : job.id;
}

/** How long the job has run, or ran. */
export function runtime(job: Job, now: number = Date.now()): string {
  if (!job.started) {
    return '';
  }
  const end = job.finished ? Date.parse(job.finished) : now;
  return duration((end - Date.parse(job.started)) / 1000);
}
