/** The person's jobs, kept up to date by the service's stream of changes. */

import { ISignal, Signal } from '@lumino/signaling';

import { follow } from '../service/events';
import { Artifact, Job, isFinished } from '../service/records';
import { Requests, path, said } from '../service/requests';

export interface NewJob {
  kind: string;
  config: Record<string, unknown>;
  inputs: Record<string, string>;
  name: string | null;
  idempotency_key?: string;
}

export class JobsModel {
  /** Why the list is not live, as a sentence; null while it is. */
  problem: string | null = null;
  /** Whether the service has told of the jobs there are. */
  known = false;

  private readonly records = new Map<string, Job>();
  private readonly _changed = new Signal<this, void>(this);
  private readonly _finished = new Signal<this, Job>(this);
  private following: AbortController | null = null;

  constructor(readonly requests: Requests) {}

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Emitted for a job that was seen unfinished, and now is not. */
  get finished(): ISignal<this, Job> {
    return this._finished;
  }

  /** Newest first. */
  get items(): Job[] {
    return [...this.records.values()].sort((a, b) =>
      a.created === b.created ? b.id.localeCompare(a.id) : b.created.localeCompare(a.created)
    );
  }

  readonly find = (id: string): Job | undefined => this.records.get(id);

  /** Follow the service's changes until `stop`; does nothing if it follows already. */
  follow(): void {
    if (this.following) {
      return;
    }
    this.following = new AbortController();
    const listener = {
      onEvent: (event: { type: string; data: string }) => {
        if (event.type === 'job') {
          this.take(JSON.parse(event.data) as Job);
        }
      },
      onState: (problem: string | null) => {
        this.problem = problem;
        if (problem === null && !this.known) {
          // What the stream tells first has no end that could be seen, so the list is asked for once.
          this.readMore(50).catch(error => this.fail(said(error)));
        }
        this._changed.emit();
      }
    };
    void follow(this.requests, '/jobs/changes', listener, this.following.signal);
  }

  stop(): void {
    this.following?.abort();
    this.following = null;
  }

  /** Follow with a new connection at once, instead of when the next try is due. */
  retry(): void {
    this.stop();
    this.follow();
  }

  private fail(problem: string): void {
    this.problem = problem;
    this._changed.emit();
  }

  /** Read the newest jobs, so many of them. */
  async readMore(limit: number): Promise<void> {
    const jobs = await this.requests.items<Job>(`/jobs?limit=${limit}`);
    this.known = true;
    jobs.forEach(job => this.take(job));
    this._changed.emit();
  }

  async submit(job: NewJob): Promise<Job> {
    return this.take(await this.requests.post<Job>('/jobs', job));
  }

  async cancel(id: string): Promise<Job> {
    return this.take(await this.requests.post<Job>(`${path('jobs', id)}/cancel`));
  }

  async get(id: string): Promise<Job> {
    return this.records.get(id) ?? this.take(await this.requests.json<Job>(path('jobs', id)));
  }

  log(id: string): Promise<string> {
    return this.requests.text(`${path('jobs', id)}/log`);
  }

  artifacts(id: string): Promise<Artifact[]> {
    return this.requests.items<Artifact>(`${path('jobs', id)}/artifacts`);
  }

  result<T>(id: string): Promise<T> {
    return this.requests.json<T>(`${path('jobs', id)}/artifacts/result.json`);
  }

  /** Resolve when a job has ended; `progress` hears of it on the way. */
  ended(job: Job, progress: (job: Job) => void = () => undefined): Promise<Job> {
    this.follow();
    return new Promise(resolve => {
      const look = () => {
        const now = this.records.get(job.id) ?? job;
        progress(now);
        if (isFinished(now)) {
          this._changed.disconnect(look);
          resolve(now);
        }
      };
      this._changed.connect(look);
      look();
    });
  }

  /** Keep a record, unless what is known of the job is newer. */
  take(job: Job): Job {
    const before = this.records.get(job.id);
    if (before && isFinished(before) && !isFinished(job)) {
      return before;
    }
    this.records.set(job.id, job);
    this._changed.emit();
    if (before && !isFinished(before) && isFinished(job)) {
      this._finished.emit(job);
    }
    return job;
  }
}
