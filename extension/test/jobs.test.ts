import { JobsModel } from '../src/model/jobs';
import { Reports } from '../src/model/reports';
import type { Job } from '../src/service/records';
import { job } from './records';
import { CORS, Service, until } from './service';

describe('JobsModel', () => {
  let service: Service;
  let model: JobsModel;
  let say: (record: Job) => void;
  beforeEach(async () => {
    service = await Service.start();
    model = new JobsModel(service.requests);
    service.on('GET /jobs', [
      job({ id: 'job-0', created: '2026-11-22T11:00:00Z', state: 'failed' })
    ]);
    service.on('GET /jobs/changes', (_, response) => {
      response.writeHead(200, CORS);
      response.write(': open\n\n');
      say = record => response.write(`event: job\ndata: ${JSON.stringify(record)}\n\n`);
    });
  });
  afterEach(async () => {
    model.stop();
    await service.stop();
  });

  it('lists the jobs there are, the newest first, and moves them as the service tells', async () => {
    model.follow();
    await until(() => model.known);
    say(job());
    await until(() => model.find('job-1'));
    expect(model.items.map(({ id }) => id)).toEqual(['job-1', 'job-0']);
    say(job({ state: 'running', progress: 0.5 }));
    await until(() => model.find('job-1')?.progress === 0.5);
  });

  it('announces a job that ended before its eyes, once, and none that had ended before', async () => {
    const ended: string[] = [];
    model.finished.connect((_, { id }) => ended.push(id));
    model.follow();
    await until(() => model.known);
    say(job({ state: 'running' }));
    say(job({ state: 'succeeded' }));
    say(job({ state: 'succeeded' }));
    say(job({ id: 'job-2', state: 'succeeded' }));
    await until(() => model.find('job-2'));
    expect(ended).toEqual(['job-1']);
  });

  it('does not take an older word for a newer one', () => {
    model.take(job({ state: 'succeeded' }));
    model.take(job({ state: 'running' }));
    expect(model.find('job-1')?.state).toBe('succeeded');
  });

  it('finds the report of a job, or renders one and tells how far it is', async () => {
    const reports = new Reports(service.requests, model);
    const report = { id: 'report-1', title: 'The law behind wake', job: 'job-1' };
    service.on('GET /reports', []);
    service.on('POST /reports', job({ id: 'job-9', kind: 'report' }));
    service.on('GET /jobs/job-9/artifacts/result.json', { report: 'report-1' });
    service.on('GET /reports/report-1', report);
    const heard: number[] = [];
    model.follow();
    await until(() => model.known);
    const opened = reports.open('job-1', ({ progress }) => heard.push(progress));
    await until(() => model.find('job-9'));
    say(job({ id: 'job-9', kind: 'report', state: 'running', progress: 0.4 }));
    say(job({ id: 'job-9', kind: 'report', state: 'succeeded', progress: 1 }));
    expect(await opened).toEqual(report);
    expect(heard).toEqual(expect.arrayContaining([0, 0.4, 1]));
    service.on('GET /reports', [report]);
    await reports.open('job-1', () => undefined);
    expect(service.of('POST /reports')).toHaveLength(1);
  });

  it('says in the words of the job why a report was not rendered', async () => {
    const reports = new Reports(service.requests, model);
    service.on('GET /reports', []);
    service.on(
      'POST /reports',
      job({ id: 'job-9', state: 'failed', error: 'The job has no result.' })
    );
    await expect(reports.open('job-1', () => undefined)).rejects.toThrow('The job has no result.');
  });
});
