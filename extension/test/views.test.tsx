import {
  act,
  cleanup,
  configure,
  fireEvent,
  render,
  screen,
  waitFor,
  within
} from '@testing-library/react';
import * as React from 'react';

import { NewJobPage } from '../src/form/new-job';
import { DatasetsModel } from '../src/model/datasets';
import { JobsModel } from '../src/model/jobs';
import { Reports } from '../src/model/reports';
import type { Job } from '../src/service/records';
import { Datasets } from '../src/view/datasets';
import { Jobs } from '../src/view/jobs';
import type { Lab } from '../src/view/lab';
import { Law } from '../src/view/law';
import { PreviewVariable, captionOf, gridOf } from '../src/view/preview';
import { folder, job, preview } from './records';
import { CORS, Service, until } from './service';

configure({ asyncUtilTimeout: 30000 });

const EVIL = '<img src=x onerror=alert(1)>';

const info = (more: object = {}) => ({
  name: 'wake',
  latest: 2,
  versions: 2,
  size: 89_459,
  created: new Date().toISOString(),
  description: EVIL,
  tags: [EVIL],
  ...more
});

const version = (more: object = {}) => ({
  name: 'wake',
  number: 2,
  id: 'f'.repeat(64),
  files: [{ path: 'wake.csv', size: 89_459, sha256: '' }],
  size: 89_459,
  created: new Date().toISOString(),
  description: EVIL,
  tags: [EVIL],
  metadata: {
    format: 'CSV',
    axes: [{ name: 't', size: 41, start: 0, stop: 8, units: 's' }],
    variables: [{ name: EVIL, dims: ['t', 'x'], shape: [41, 64], units: 'm/s', missing: 3 }],
    notes: []
  },
  ...more
});

const DISCOVER = {
  name: 'discover',
  summary: 'Finds a law.',
  inputs: ['field'],
  schema: {
    title: 'Discovery',
    properties: {
      target: {
        title: 'Left side',
        default: null,
        anyOf: [{ type: 'string' }, { type: 'null' }],
        'x-suggest': 'derivatives'
      },
      file: {
        title: 'File',
        default: null,
        anyOf: [{ type: 'string' }, { type: 'null' }],
        'x-suggest': 'files'
      },
      seed: { title: 'Seed', type: 'integer', default: 0, minimum: 0 }
    }
  }
};

describe('views', () => {
  let service: Service;
  let lab: Lab;
  const called: [string, ...unknown[]][] = [];
  beforeEach(async () => {
    service = await Service.start();
    called.length = 0;
    const datasets = new DatasetsModel(service.requests);
    const jobs = new JobsModel(service.requests);
    const call =
      (name: string) =>
      (...given: unknown[]) =>
        void called.push([name, ...given]);
    lab = {
      datasets,
      jobs,
      reports: new Reports(service.requests, jobs),
      insert: call('insert'),
      start: call('start'),
      showJob: call('showJob'),
      showReport: call('showReport'),
      showPage: call('showPage'),
      confirm: async () => true,
      typeset: () => undefined
    };
    service.on('GET /datasets', { items: [info()] });
    service.on('GET /datasets/wake/versions', [version(), version({ number: 1 })]);
    service.on('GET /datasets/wake/versions/2', version());
    service.on(`GET /versions/${'f'.repeat(64)}/preview`, { variables: [] });
    service.on('GET /kinds', [DISCOVER]);
  });
  afterEach(async () => {
    cleanup();
    lab.jobs.stop();
    await service.stop();
  });
  const refreshed = () => act(() => lab.datasets.refresh());

  it('say what to do where there is no dataset, and where none is found', async () => {
    service.on('GET /datasets', { items: [] });
    render(<Datasets lab={lab} />);
    await refreshed();
    screen.getByText(/Drop measurements here, or press Upload/);
    fireEvent.change(screen.getByLabelText('Search datasets'), { target: { value: 'wake' } });
    await waitFor(() => screen.getByText(/No dataset has “wake”/));
    expect(service.asked.at(-1)?.path).toBe('/datasets?search=wake');
  });

  it('say that the service is down, and try again', async () => {
    service.refuse('GET /datasets', 503, 'The service does not answer.');
    render(<Datasets lab={lab} />);
    await refreshed();
    expect(screen.getByRole('alert').textContent).toContain('The service does not answer.');
    service.on('GET /datasets', { items: [info()] });
    fireEvent.click(screen.getByRole('button', { name: 'Try again' }));
    await waitFor(() => screen.getByText('wake'));
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it("show a dataset's metadata, and people's names as text, never as HTML", async () => {
    const { container } = render(<Datasets lab={lab} />);
    await refreshed();
    const row = screen.getByRole('button', { name: 'wake, version 2' });
    expect(row.getAttribute('aria-expanded')).toBe('false');
    fireEvent.click(row);
    const details = await screen.findByRole('region', { name: 'wake, version 2' });
    await within(details).findByText('(t, x) 41 × 64 · 3 missing');
    within(details).getByText('0 … 8 · 41 points');
    within(details).getByText('m/s');
    expect(screen.getAllByText(EVIL, { exact: false }).length).toBeGreaterThan(2);
    expect(container.querySelector('img')).toBeNull();
    fireEvent.click(within(details).getByRole('button', { name: 'Insert into notebook' }));
    fireEvent.click(within(details).getByRole('button', { name: 'Discover a law' }));
    expect(called).toEqual([
      ['insert', 'wake@2', undefined],
      ['start', 'wake@2']
    ]);
  });

  it('open a file of a folder, and leave out what is no field', async () => {
    const runs = folder();
    const { id } = runs;
    service.on('GET /datasets', { items: [info({ name: 'runs', latest: 1, versions: 1 })] });
    service.on('GET /datasets/runs/versions', [runs]);
    service.on('GET /datasets/runs/versions/1', runs);
    service.on(`GET /versions/${id}/preview`, { variables: [preview()] });
    render(<Datasets lab={lab} />);
    await refreshed();
    fireEvent.click(screen.getByRole('button', { name: 'runs, version 1' }));
    const choice = (await screen.findByLabelText('File')) as HTMLSelectElement;
    expect([...choice.options].map(option => option.value)).toEqual([
      'cold/run 1.csv',
      'hot/run 1.csv'
    ]);
    screen.getByRole('rowheader', { name: 'u' });
    fireEvent.change(choice, { target: { value: 'hot/run 1.csv' } });
    screen.getByRole('rowheader', { name: 'w' });
    await screen.findByRole('img', {
      name: /^u from −0.5 to 7 m\/s; shown at y = 0.5, z = 1, over/
    });
    expect(service.asked.at(-1)?.path).toBe(`/versions/${id}/preview?file=hot%2Frun%201.csv`);
    const download = screen.getByRole('link', { name: 'Download' }) as HTMLAnchorElement;
    expect(download.href).toMatch(new RegExp(`/versions/${id}/files/hot/run%201\\.csv$`));
    fireEvent.click(screen.getByRole('button', { name: 'Insert into notebook' }));
    expect(called).toEqual([['insert', 'runs@1', 'hot/run 1.csv']]);
  });

  it('offer what an outage kept from being sent once more', async () => {
    service.refuse('POST /uploads', 503, 'The service is being restarted.');
    const { container } = render(<Datasets lab={lab} />);
    const file = new File(['t,u\n'], 'wake.csv');
    const dataTransfer = { types: ['Files'], items: [{ kind: 'file', getAsFile: () => file }] };
    fireEvent.drop(container.firstElementChild!, { dataTransfer });
    const again = await screen.findByRole('button', { name: 'Try again' });
    service.refuse('POST /uploads', 422, 'wake.csv holds no numbers.');
    fireEvent.click(again);
    await screen.findByText('wake.csv holds no numbers.');
    expect(screen.queryByRole('button', { name: 'Try again' })).toBeNull();
    expect(service.of('POST /uploads')).toHaveLength(2);
  });

  it('upload what is dropped on the list', async () => {
    service.on('POST /uploads', { id: 'u' });
    service.on(
      'PUT /uploads/u/files/wake.csv',
      (_, response) => void response.writeHead(204, CORS).end()
    );
    service.on('POST /uploads/u/commit', version());
    const { container } = render(<Datasets lab={lab} />);
    const file = new File(['t,u\n'], 'wake.csv');
    const dataTransfer = { types: ['Files'], items: [{ kind: 'file', getAsFile: () => file }] };
    fireEvent.drop(container.firstElementChild!, { dataTransfer });
    await waitFor(() => screen.getByText('Uploaded as wake@2: 1 file.'));
  });

  it('show jobs as they move, and cancel them', async () => {
    service.on('GET /jobs', [
      job({ state: 'running', progress: 0.4, message: 'Ranking laws', attempt: 1 })
    ]);
    service.on('GET /jobs/changes', (_, response) => {
      response.writeHead(200, CORS);
      response.write(': open\n\n');
    });
    service.on('GET /jobs/job-1/log', {});
    service.on('POST /jobs/job-1/cancel', job({ state: 'running', cancel_requested: true }));
    render(<Jobs lab={lab} />);
    act(() => lab.jobs.follow());
    await waitFor(() => screen.getByText(/40 % · discover · Ranking laws/));
    expect(screen.getByRole('progressbar').getAttribute('aria-valuenow')).toBe('40');
    fireEvent.click(screen.getByRole('button', { name: 'wake@1, discover, Running' }));
    fireEvent.click(screen.getByRole('button', { name: 'Cancel' }));
    await waitFor(() => screen.getByRole('button', { name: 'wake@1, discover, Stopping' }));
  });

  it('typeset a law with its standard errors, and none that the data do not settle', () => {
    const found = {
      equation: 'u_t = -u*u_x + 0.1*u_xx',
      latex: 'u_t = -u u_x + 0.1 u_{xx}',
      terms: { u_t: { 'u*u_x': -1.0002, u_xx: 0.1 } },
      standard_errors: { u_t: { 'u*u_x': 0.0031, u_xx: 0.00012 } },
      verdict: { kind: 'identified', text: 'the data single out this law' },
      notes: []
    };
    const { rerender } = render(<Law lab={lab} found={found} />);
    expect(screen.getByRole('math').textContent).toBe(
      '$$u_{t} = -(1.000 \\pm 0.003)\\,u\\,u_{x} + (0.10000 \\pm 0.00012)\\,u_{xx}$$'
    );
    screen.getByText(/The data single out this law\./);
    screen.getByRole('table');
    const verdict = { kind: 'not identifiable', text: 'u_t cannot be told from noise' };
    rerender(<Law lab={lab} found={{ ...found, verdict }} />);
    screen.getByText(/u_t cannot be told from noise\./);
    expect(screen.queryByRole('math')).toBeNull();
    expect(screen.queryByRole('table')).toBeNull();
  });

  it('start a job from the schema of its kind, and ask for what is missing first', async () => {
    const started: Job[] = [];
    service.on('POST /jobs', job());
    render(<NewJobPage lab={lab} onStarted={one => started.push(one)} />);
    fireEvent.click(await screen.findByRole('button', { name: 'Start' }));
    await screen.findByText('Choose a dataset.');
    expect(service.of('POST /jobs')).toHaveLength(0);
    await waitFor(() => screen.getByRole('option', { name: 'wake@2' }));
    fireEvent.change(screen.getByLabelText(/^Dataset/), { target: { value: 'wake@2' } });
    fireEvent.change(screen.getByLabelText('Seed'), { target: { value: '7' } });
    await waitFor(() => expect(screen.queryByLabelText('File')).toBeNull());
    fireEvent.click(screen.getByRole('button', { name: 'Start' }));
    await until(() => started.length);
    expect(JSON.parse(service.of('POST /jobs')[0].body)).toMatchObject({
      kind: 'discover',
      config: { seed: 7 },
      inputs: { field: 'wake@2' },
      name: null
    });
  });

  it('take datasets besides the one that is needed, where they are given', async () => {
    service.on('POST /jobs', job());
    const further = { candidates: 'Terms to choose from.', field_2: 'Another experiment.' };
    service.on('GET /kinds', [{ ...DISCOVER, optional: further }]);
    render(<NewJobPage lab={lab} dataset="wake@2" onStarted={() => undefined} />);
    const more = (await screen.findByText('More datasets')).closest('details')!;
    expect(screen.queryByLabelText(/^Field 2/)).toBeNull();
    more.open = true;
    const second = (await screen.findByLabelText(/^Field 2/)) as HTMLSelectElement;
    await waitFor(() => expect(second.options).toHaveLength(2));
    expect(screen.getByText('Another experiment.').id).toBe(
      second.getAttribute('aria-describedby')
    );
    fireEvent.change(second, { target: { value: 'wake@2' } });
    fireEvent.change(screen.getByLabelText(/^Candidates/), { target: { value: 'wake@2' } });
    fireEvent.change(screen.getByLabelText(/^Candidates/), { target: { value: '' } });
    fireEvent.click(screen.getByRole('button', { name: 'Start' }));
    await until(() => service.of('POST /jobs').length);
    expect(JSON.parse(service.of('POST /jobs')[0].body).inputs).toEqual({
      field: 'wake@2',
      field_2: 'wake@2'
    });
    await screen.findByRole('button', { name: 'Starting…' });
  });

  it('ask which file of a folder is meant, among those that are fields', async () => {
    const runs = folder();
    const started: Job[] = [];
    service.on('GET /datasets', { items: [info(), info({ name: 'runs', latest: 1 })] });
    service.on('GET /datasets/runs/versions/1', runs);
    service.on('POST /jobs', job());
    render(<NewJobPage lab={lab} dataset="runs@1" onStarted={one => started.push(one)} />);
    const choice = (await screen.findByLabelText(/^File/)) as HTMLSelectElement;
    expect([...choice.options].map(option => option.label)).toEqual([
      'Choose…',
      'cold/run 1.csv',
      'hot/run 1.csv'
    ]);
    const offers = document.querySelectorAll('datalist option');
    expect([...offers].map(offer => offer.getAttribute('value'))).toEqual([
      'u_t',
      'u_tt',
      'w_t',
      'w_tt'
    ]);
    fireEvent.click(screen.getByRole('button', { name: 'Start' }));
    await screen.findByText('File is needed.');
    expect(service.of('POST /jobs')).toHaveLength(0);
    fireEvent.change(choice, { target: { value: '2' } });
    fireEvent.click(screen.getByRole('button', { name: 'Start' }));
    await until(() => started.length);
    expect(JSON.parse(service.of('POST /jobs')[0].body).config).toEqual({
      file: 'hot/run 1.csv',
      seed: 0
    });
    await screen.findByRole('button', { name: 'Starting…' });
    fireEvent.change(screen.getByLabelText(/^Dataset/), { target: { value: 'wake@2' } });
    await waitFor(() => expect(screen.queryByLabelText(/^File/)).toBeNull());
  });

  it('offer the jobs that a report can be of, and the notebooks that there are', async () => {
    const title = 'Job';
    service.on('GET /jobs', [
      job({ id: 'job-2', state: 'failed' }),
      job({ id: 'job-3', state: 'succeeded', inputs: {} }),
      job({ id: 'job-4', state: 'succeeded', name: 'Hot wire' })
    ]);
    service.on('GET /jobs/changes', (_, response) => {
      response.writeHead(200, CORS);
      response.write(': open\n\n');
    });
    service.on('POST /jobs', job());
    service.on('GET /kinds', [
      {
        name: 'report',
        summary: 'Renders.',
        inputs: [],
        schema: {
          properties: { job: { title, type: 'string', 'x-suggest': 'jobs' } },
          required: ['job']
        }
      },
      {
        name: 'notebook',
        summary: 'Runs.',
        inputs: [],
        schema: { properties: { notebook: { type: 'string', examples: ['01_first_law'] } } }
      }
    ]);
    render(<NewJobPage lab={lab} onStarted={() => undefined} />);
    const choice = (await screen.findByLabelText(/^Job/)) as HTMLSelectElement;
    await waitFor(() => expect(choice.options).toHaveLength(2));
    expect(choice.options[1].label).toContain('Hot wire');
    fireEvent.click(screen.getByRole('button', { name: 'Start' }));
    await screen.findByText('Job is needed.');
    fireEvent.change(choice, { target: { value: '1' } });
    fireEvent.click(screen.getByRole('button', { name: 'Start' }));
    await until(() => service.of('POST /jobs').length);
    expect(JSON.parse(service.of('POST /jobs')[0].body).config).toEqual({ job: 'job-4' });
    fireEvent.click(screen.getByRole('radio', { name: 'Notebook' }));
    await waitFor(() => expect(document.querySelector('datalist option')).not.toBeNull());
    expect(document.querySelector('datalist option')?.getAttribute('value')).toBe('01_first_law');
  });

  it('choose from all datasets, whatever the panel searches for', async () => {
    service.on('GET /datasets', ({ path }: { path: string }) => ({
      items: path.includes('search') ? [] : [info()]
    }));
    lab.datasets.search = 'nothing of the kind';
    await until(() => lab.datasets.items);
    render(<NewJobPage lab={lab} onStarted={() => undefined} />);
    await screen.findByRole('option', { name: 'wake@2' });
  });

  it('tell why a job was refused, and send the same request again under the same key', async () => {
    service.refuse('POST /jobs', 503, 'The service is being restarted.');
    render(<NewJobPage lab={lab} dataset="wake@2" onStarted={() => undefined} />);
    fireEvent.click(await screen.findByRole('button', { name: 'Start' }));
    await screen.findByText('The service is being restarted.');
    fireEvent.click(screen.getByRole('button', { name: 'Start' }));
    await until(() => service.of('POST /jobs').length === 2);
    const keys = service.of('POST /jobs').map(({ body }) => JSON.parse(body).idempotency_key);
    expect(keys[0]).toBe(keys[1]);
    await waitFor(() => screen.getByRole('button', { name: 'Start' }));
    fireEvent.change(screen.getByLabelText('Seed'), { target: { value: '8' } });
    fireEvent.click(screen.getByRole('button', { name: 'Start' }));
    await until(() => service.of('POST /jobs').length === 3);
    expect(JSON.parse(service.of('POST /jobs')[2].body).idempotency_key).not.toBe(keys[0]);
    await screen.findByRole('button', { name: 'Start' });
  });
});

describe('previews', () => {
  const coords = { t: [0, 1], x: [0, 1, 2], z: [5] };
  const of = (more: Partial<PreviewVariable>): PreviewVariable => ({ ...preview(), ...more });

  it('show two axes as rows, leave axes of one point out, and give up on more', () => {
    const values = [
      [[1], [2], [3]],
      [[4], [null], [6]]
    ];
    const grid = gridOf(of({ dims: ['t', 'x', 'z'], coords, values }));
    expect(grid?.dims).toEqual(['t', 'x']);
    expect(grid?.rows).toEqual([
      [1, 2, 3],
      [4, NaN, 6]
    ]);
    const more = of({ dims: ['t', 'x', 'y'], coords: { ...coords, y: [0, 1] }, values: [] });
    expect(gridOf(more)).toBeNull();
  });

  it('tell the range of the whole variable, and where it was cut', () => {
    const greatest = Math.max(...gridOf(preview())!.rows.flat());
    expect(greatest).toBeLessThan(1);
    expect(captionOf(preview())).toBe('u from −0.5 to 7 m/s; shown at y = 0.5, z = 1');
    const psi = { variable: 'psi', part: 'absolute value', at: {}, units: '' };
    expect(captionOf(of({ ...psi, range: [0, 2] }))).toBe('|psi| from 0 to 2');
  });
});
