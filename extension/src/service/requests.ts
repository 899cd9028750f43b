/** Asking the service, through the Jupyter server of this page; refusals come back as sentences. */

/** How this page reaches its Jupyter server. */
export interface Connection {
  /** The address of a path of the API, such as `/jobs`. */
  address(path: string): string;
  /** What a request must carry so that the Jupyter server admits it. */
  headers(): Record<string, string>;
  /** `fetch`, with those headers. */
  fetch(address: string, init: RequestInit): Promise<Response>;
}

/** A request that was turned down, or that nobody answered; its message is a sentence to show. */
export class Refusal extends Error {
  constructor(
    message: string,
    readonly status: number
  ) {
    super(message);
    this.name = 'Refusal';
  }

  /** Whether nobody is there to answer, as opposed to an answer that says no. */
  get isDown(): boolean {
    return this.status === 0 || this.status >= 502;
  }
}

export const NO_SERVER =
  'The Jupyter server does not answer. If it was stopped, start it again; this panel tries again by itself.';

export const AWAY =
  'The service does not answer; it may be restarting. What runs goes on. Try again in a moment.';

const NOT_LOADED =
  "The Jupyter server runs without PhysForge's half. Restart it; if that does not help, install physforge in its environment.";

/** Return the sentence of an answer that is an error. */
export function sentenceOf(status: number, body: string): string {
  try {
    const problem = JSON.parse(body);
    const said = problem.detail ?? problem.message;
    if (typeof said === 'string' && said) {
      return said;
    }
  } catch {
    // not JSON: some server in between answered, with a page of its own
  }
  if (status === 404) {
    return NOT_LOADED;
  }
  if (status === 401 || status === 403) {
    return 'The Jupyter server no longer knows you. Reload this page to sign in again.';
  }
  if (status >= 502 && status <= 504) {
    return AWAY;
  }
  if (status === 413) {
    return 'This is larger than the server takes.';
  }
  return `The server answered with an error (${status}). Try again; if it stays, ask whoever runs this server.`;
}

export class Requests {
  constructor(readonly connection: Connection) {}

  /** Ask for JSON. */
  async json<T>(path: string, init: RequestInit = {}): Promise<T> {
    return (await this.read(path, init, response => response.json())) as T;
  }

  /** Ask for the items of a list. */
  async items<T>(path: string): Promise<T[]> {
    const found = await this.json<T[] | { items: T[] }>(path);
    return Array.isArray(found) ? found : found.items;
  }

  async text(path: string): Promise<string> {
    return this.read(path, {}, response => response.text());
  }

  /** Send JSON, and ask for JSON. */
  async post<T>(path: string, body: unknown = {}): Promise<T> {
    return this.json<T>(path, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'Content-Type': 'application/json' }
    });
  }

  async delete(path: string): Promise<void> {
    await this.answer(path, { method: 'DELETE' });
  }

  /** Ask, and return the answer if it is no error. */
  async answer(path: string, init: RequestInit): Promise<Response> {
    let response: Response;
    try {
      response = await this.connection.fetch(this.connection.address(path), init);
    } catch (error) {
      if (init.signal?.aborted) {
        throw error;
      }
      throw new Refusal(NO_SERVER, 0);
    }
    if (!response.ok) {
      const body = await response.text().catch(() => '');
      throw new Refusal(sentenceOf(response.status, body), response.status);
    }
    return response;
  }

  /** Ask, and read the whole answer, which may break off. */
  private async read<T>(
    path: string,
    init: RequestInit,
    whole: (response: Response) => Promise<T>
  ): Promise<T> {
    const response = await this.answer(path, init);
    try {
      return await whole(response);
    } catch (error) {
      if (init.signal?.aborted) {
        throw error;
      }
      throw new Refusal(AWAY, 502);
    }
  }
}

/** Join what people named into a path: each part encoded, '/' between them. */
export const path = (...parts: (string | number)[]): string =>
  parts.map(part => `/${encodeURIComponent(part)}`).join('');

/** Like `path`, for a file whose own path has folders. */
export const filePath = (file: string): string =>
  file
    .split('/')
    .map(part => `/${encodeURIComponent(part)}`)
    .join('');

/** What to show of anything that was thrown. */
export const said = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
