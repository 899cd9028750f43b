import { DatasetsModel } from '../src/model/datasets';
import { fromDrop, fromFiles } from '../src/service/parcels';
import { CORS, Service, until } from './service';

const file = (name: string, text: string) => new File([text], name);

const MADE = { name: 'wake', number: 2, id: 'f'.repeat(64), files: [{}], metadata: {}, size: 9 };

describe('uploads', () => {
  let service: Service;
  let model: DatasetsModel;
  beforeEach(async () => {
    service = await Service.start();
    model = new DatasetsModel(service.requests);
    service.on('GET /datasets', { items: [] });
    service.on('POST /uploads', { id: 'upload-1' });
    service.on('DELETE /uploads/upload-1', {});
    service.on('POST /uploads/upload-1/commit', MADE);
  });
  afterEach(() => service.stop());

  const taken = (route: string) =>
    service.on(route, (_, response) => void response.writeHead(204, CORS).end());

  it('announce the files, send each with what the server asks for, and commit', async () => {
    taken('PUT /uploads/upload-1/files/wake%20run.csv');
    await model.upload(fromFiles([file('wake run.csv', 't,u\n0,1\n')]));
    expect(JSON.parse(service.of('POST /uploads')[0].body)).toMatchObject({
      called: null,
      files: [{ path: 'wake run.csv', size: 8 }]
    });
    const [sent] = service.of('PUT /uploads/upload-1/files/wake%20run.csv');
    expect(sent.body).toBe('t,u\n0,1\n');
    expect(sent.headers['x-xsrftoken']).toBe('xsrf');
    expect(model.uploads).toMatchObject([
      { state: 'done', sent: 8, message: 'Uploaded as wake@2: 1 file.' }
    ]);
  });

  it('show the sentence of a refusal, give up what was sent, and go on with the next file', async () => {
    taken('PUT /uploads/upload-1/files/a.csv');
    taken('PUT /uploads/upload-1/files/b.csv');
    let commits = 0;
    service.on('POST /uploads/upload-1/commit', (_, response) => {
      if (++commits > 1) {
        return MADE;
      }
      response.writeHead(422, CORS).end(JSON.stringify({ detail: 'a.csv holds no numbers.' }));
      return undefined;
    });
    await model.upload(fromFiles([file('a.csv', 'words'), file('b.csv', '1')]));
    expect(model.uploads.map(({ state, message }) => [state, message])).toEqual([
      ['refused', 'a.csv holds no numbers.'],
      ['done', 'Uploaded as wake@2: 1 file.']
    ]);
    expect(service.of('DELETE /uploads/upload-1')).toHaveLength(1);
  });

  it('that are cancelled stop, are given up, and make no dataset', async () => {
    service.on('PUT /uploads/upload-1/files/a.csv', () => undefined); // the server never answers
    const over = model.upload(fromFiles([file('a.csv', '1')]));
    await until(() => service.of('PUT /uploads/upload-1/files/a.csv').length > 0);
    model.cancel(model.uploads[0].key);
    await over;
    expect(model.uploads).toEqual([]);
    expect(service.of('DELETE /uploads/upload-1')).toHaveLength(1);
    expect(service.of('POST /uploads/upload-1/commit')).toHaveLength(0);
  });

  it('that are cancelled while they wait for their turn never begin', async () => {
    service.on('PUT /uploads/upload-1/files/a.csv', () => undefined);
    const over = model.upload(fromFiles([file('a.csv', '1'), file('b.csv', '2')]));
    await until(() => service.of('PUT /uploads/upload-1/files/a.csv').length > 0);
    model.cancel(model.uploads[1].key);
    model.cancel(model.uploads[0].key);
    await over;
    expect(service.of('POST /uploads')).toHaveLength(1);
  });
});

describe('what is dropped', () => {
  it('makes each file a dataset, and each folder one with all its files', async () => {
    const leaf = (name: string) => ({
      name,
      isDirectory: false,
      file: (resolve: (file: File) => void) => resolve(file(name, '1'))
    });
    const folder = (name: string, entries: object[]) => ({
      name,
      isDirectory: true,
      createReader: () => ({
        readEntries: (resolve: (portion: object[]) => void) => resolve(entries.splice(0, 1))
      })
    });
    const dropped = folder('Run 7 (final)', [
      leaf('a.csv'),
      leaf('.DS_Store'),
      folder('more', [leaf('b.csv')])
    ]);
    const transfer = {
      items: [
        {
          kind: 'file',
          webkitGetAsEntry: () => leaf('wake.csv'),
          getAsFile: () => file('wake.csv', '1')
        },
        { kind: 'string' },
        { kind: 'file', webkitGetAsEntry: () => dropped, getAsFile: () => null }
      ]
    } as unknown as DataTransfer;
    const parcels = await fromDrop(transfer);
    expect(
      parcels.map(({ label, folder, files }) => [label, folder, files.map(({ path }) => path)])
    ).toEqual([
      ['wake.csv', null, ['wake.csv']],
      ['Run 7 (final)', 'Run 7 (final)', ['a.csv', 'more/b.csv']]
    ]);
  });
});
