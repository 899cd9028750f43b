import { EventParser, follow } from '../src/service/events';
import { CORS, Service, until } from './service';

const PACE = { first: 5, longest: 20, silence: 2000 };

describe('EventParser', () => {
  it('reads events however the text is cut', () => {
    const text =
      'id: 7\r\nevent: job\r\ndata: {"a":\r\ndata: 1}\r\n\r\n: heartbeat\n\ndata: two\n\n';
    const whole = new EventParser().push(text);
    const parser = new EventParser();
    const cut = [...text].flatMap(letter => parser.push(letter));
    expect(whole).toEqual([
      { type: 'job', data: '{"a":\n1}', id: '7' },
      { type: 'message', data: 'two', id: '7' }
    ]);
    expect(cut).toEqual(whole);
  });
});

describe('follow', () => {
  let service: Service;
  let stop: AbortController;
  beforeEach(async () => {
    service = await Service.start();
    stop = new AbortController();
  });
  afterEach(async () => {
    stop.abort();
    await service.stop();
  });

  const listening = (pace = PACE) => {
    const heard: string[] = [];
    const states: (string | null)[] = [];
    const listener = {
      onEvent: (event: { data: string }) => heard.push(event.data),
      onState: (problem: string | null) => states.push(problem)
    };
    return {
      heard,
      states,
      over: follow(service.requests, '/stream', listener, stop.signal, pace)
    };
  };

  it('opens a stream that ended again', async () => {
    let opened = 0;
    service.on('GET /stream', (_, response) => {
      response.writeHead(200, { ...CORS, 'Content-Type': 'text/event-stream' });
      response.end(`data: ${++opened}\n\n`);
    });
    const { heard } = listening();
    await until(() => heard.length >= 3);
    expect(heard.slice(0, 3)).toEqual(['1', '2', '3']);
  });

  it('tells why a stream does not open, and that it is open again', async () => {
    service.refuse('GET /stream', 503, 'The database cannot be reached.');
    const { states } = listening();
    await until(() => states.length > 0);
    service.on('GET /stream', (_, response) => {
      response.writeHead(200, CORS);
      response.write(': hello\n\n');
    });
    await until(() => states.includes(null));
    expect(states[0]).toBe('The database cannot be reached.');
  });

  it('says in words of its own that the service has gone', async () => {
    service.on('GET /stream', (_, response) => {
      response.writeHead(200, CORS);
      response.write(': hello\n\n', () => response.destroy());
    });
    const { states } = listening();
    await until(() => states.filter(state => state !== null).length > 0);
    service.on('GET /stream', (_, response) => {
      response.writeHead(502, CORS).end('<html>Bad Gateway');
    });
    await until(() => states.filter(state => state !== null).length > 2);
    const said = new Set(states.filter(state => state !== null));
    expect([...said]).toEqual(['The service does not answer; it may be restarting. Trying again…']);
  });

  it('gives up a stream that says nothing, not even a heartbeat', async () => {
    let opened = 0;
    service.on('GET /stream', (_, response) => {
      response.writeHead(200, CORS);
      response.write(`data: ${++opened}\n\n`);
    });
    const { heard } = listening({ ...PACE, silence: 30 });
    await until(() => heard.includes('2'));
  });

  it('ends when it is told to', async () => {
    service.on('GET /stream', (_, response) => {
      response.writeHead(200, CORS);
      response.write(': hello\n\n');
    });
    const { states, over } = listening();
    await until(() => states.length > 0);
    stop.abort();
    await over;
    expect(service.of('GET /stream')).toHaveLength(1);
  });
});
