/** A service over real HTTP, on a free port of this machine, that answers as a test tells it to. */

import * as http from 'http';
import type { AddressInfo } from 'net';

import { Connection, Requests } from '../src/service/requests';

export interface Asked {
  method: string;
  path: string;
  headers: http.IncomingHttpHeaders;
  body: string;
}

type Answer = (asked: Asked, response: http.ServerResponse) => unknown;

export class Service {
  readonly asked: Asked[] = [];
  private readonly answers = new Map<string, Answer>();
  private readonly server = http.createServer(
    (request, response) => void this.take(request, response)
  );

  static async start(): Promise<Service> {
    const service = new Service();
    await new Promise<void>(resolve => service.server.listen(0, '127.0.0.1', resolve));
    return service;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise(resolve => this.server.close(resolve));
  }

  /** Answer `METHOD /path` (without its query) with JSON, or as a function does. */
  on(route: string, answer: Answer | object): void {
    this.answers.set(route, typeof answer === 'function' ? (answer as Answer) : () => answer);
  }

  refuse(route: string, status: number, detail: string): void {
    this.on(route, (_, response) => {
      response.writeHead(status, { ...CORS, 'Content-Type': 'application/problem+json' });
      response.end(JSON.stringify({ status, detail }));
    });
  }

  /** What was asked of one route. */
  of(route: string): Asked[] {
    return this.asked.filter(({ method, path }) => `${method} ${path.split('?')[0]}` === route);
  }

  get requests(): Requests {
    const { port } = this.server.address() as AddressInfo;
    const connection: Connection = {
      address: path => `http://127.0.0.1:${port}${path}`,
      headers: () => ({ 'X-XSRFToken': 'xsrf' }),
      fetch: (address, init) => fetch(address, init)
    };
    return new Requests(connection);
  }

  private async take(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request;
    if (method === 'OPTIONS') {
      response.writeHead(204, CORS).end();
      return;
    }
    let body = '';
    for await (const chunk of request) {
      body += chunk;
    }
    const asked = { method, path: url, headers, body };
    this.asked.push(asked);
    const answer = this.answers.get(`${method} ${url.split('?')[0]}`);
    const said = answer ? await answer(asked, response) : undefined;
    if (!response.headersSent && (said !== undefined || !answer)) {
      response.writeHead(answer ? 200 : 404, { ...CORS, 'Content-Type': 'application/json' });
      response.end(JSON.stringify(said ?? { detail: `There is no ${method} ${url}.` }));
    }
  }
}

export const CORS = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Headers': '*',
  'Access-Control-Allow-Methods': '*'
};

/** Wait until something holds. */
export async function until(holds: () => unknown): Promise<void> {
  for (let tries = 0; !holds(); tries++) {
    if (tries > 1000) {
      throw new Error(`This never held: ${holds}`);
    }
    await new Promise(resolve => setTimeout(resolve, 5));
  }
}
