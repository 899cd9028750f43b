/** The report of a job: the one there is, or one rendered now. */

import type { Job, Report } from '../service/records';
import { Requests, path } from '../service/requests';
import { JobsModel } from './jobs';

export class Reports {
  constructor(
    readonly requests: Requests,
    readonly jobs: JobsModel
  ) {}

  /** The address of a report's page, through the Jupyter server. */
  page(id: string): string {
    return this.requests.connection.address(`${path('reports', id)}/page`);
  }

  get(id: string): Promise<Report> {
    return this.requests.json<Report>(path('reports', id));
  }

  /** The newest report of a job, if there is one. */
  async of(job: string): Promise<Report | undefined> {
    const reports = await this.requests.items<Report>('/reports');
    return reports.find(report => report.job === job);
  }

  /** Return a job's report; render one if there is none, and tell `progress` how far it is. */
  async open(job: string, progress: (rendering: Job) => void): Promise<Report> {
    return (await this.of(job)) ?? (await this.render(job, progress));
  }

  async render(job: string, progress: (rendering: Job) => void): Promise<Report> {
    const queued = this.jobs.take(
      await this.requests.post<Job>('/reports', { job, template: 'discovery', title: null })
    );
    const ended = await this.jobs.ended(queued, progress);
    if (ended.state !== 'succeeded') {
      throw new Error(ended.error ?? 'The report was cancelled before it was rendered.');
    }
    const { report } = await this.jobs.result<{ report: string }>(ended.id);
    return this.get(report);
  }
}
