import { AWAY, NO_SERVER, Refusal, filePath, path, sentenceOf } from '../src/service/requests';
import { CORS, Service } from './service';

describe('sentenceOf', () => {
  it("is the service's own where it has one", () => {
    expect(sentenceOf(422, '{"detail": "u_q is no derivative."}')).toBe('u_q is no derivative.');
  });

  it('tells what to do where some server in between answered with a page', () => {
    expect(sentenceOf(404, '<html>')).toContain('Restart it');
    expect(sentenceOf(403, '<html>')).toContain('Reload this page');
    expect(sentenceOf(500, '<html>')).toContain('(500)');
    for (const status of [502, 503, 504]) {
      expect(sentenceOf(status, '<html>')).toBe(AWAY);
    }
  });
});

describe('paths', () => {
  it('encode what people named', () => {
    expect(path('datasets', 'a/b?c', 3)).toBe('/datasets/a%2Fb%3Fc/3');
    expect(filePath('runs/a #1.csv')).toBe('/runs/a%20%231.csv');
  });
});

describe('Requests', () => {
  it('turns a refusal into its sentence, and nobody there into another', async () => {
    const service = await Service.start();
    service.refuse('GET /datasets', 403, 'You may not read datasets.');
    const refused = await service.requests.items('/datasets').catch(error => error as Refusal);
    expect(refused).toMatchObject({ message: 'You may not read datasets.', isDown: false });
    const { requests } = service;
    await service.stop();
    const down = await requests.items('/datasets').catch(error => error as Refusal);
    expect(down).toMatchObject({ message: NO_SERVER, isDown: true });
  });

  it('says of an answer that breaks off what it says of none', async () => {
    const service = await Service.start();
    service.on('GET /datasets', (_, response) => {
      response.writeHead(200, CORS);
      response.write('{"items": [', () => response.destroy());
    });
    const broken = await service.requests.items('/datasets').catch(error => error as Refusal);
    expect(broken).toMatchObject({ message: AWAY, isDown: true });
    await service.stop();
  });
});
