/** Server-sent events over `fetch`, which, unlike EventSource, can tell why a stream did not open. */

import { AWAY, Refusal, Requests } from './requests';

export interface ServerEvent {
  type: string;
  data: string;
  id: string | null;
}

/** Takes a stream's text piece by piece, cut anywhere, and returns the events that are complete. */
export class EventParser {
  private rest = '';
  private type = '';
  private data: string[] = [];
  private id: string | null = null;

  push(text: string): ServerEvent[] {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    const events: ServerEvent[] = [];
    for (const line of lines) {
      const event = this.line(line.endsWith('\r') ? line.slice(0, -1) : line);
      if (event) {
        events.push(event);
      }
    }
    return events;
  }

  private line(line: string): ServerEvent | null {
    if (line === '') {
      const event = this.data.length
        ? { type: this.type || 'message', data: this.data.join('\n'), id: this.id }
        : null;
      this.type = '';
      this.data = [];
      return event;
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') {
      this.type = value;
    } else if (field === 'data') {
      this.data.push(value);
    } else if (field === 'id') {
      this.id = value;
    }
    return null;
  }
}

export interface Listener {
  onEvent(event: ServerEvent): void;
  /** Called with null when the stream is open, with a sentence when it is not. */
  onState(problem: string | null): void;
}

/** In milliseconds. */
export interface Pace {
  first: number;
  longest: number;
  /** A stream that says nothing for so long, not even a heartbeat, is taken for dead. */
  silence: number;
}

const SILENT = 'The service has said nothing for a while; it is being asked again.';

const BROKEN = 'The service does not answer; it may be restarting. Trying again…';

const PACE: Pace = { first: 1000, longest: 15000, silence: 45000 };

/** Follow a stream until `signal` aborts, opening it again whenever it ends. */
export async function follow(
  requests: Requests,
  path: string,
  listener: Listener,
  signal: AbortSignal,
  pace: Pace = PACE
): Promise<void> {
  let wait = pace.first;
  while (!signal.aborted) {
    const attempt = new AbortController();
    const stop = () => attempt.abort();
    signal.addEventListener('abort', stop);
    try {
      const init = { headers: { Accept: 'text/event-stream' }, signal: attempt.signal };
      const timer = setTimeout(stop, pace.silence);
      const response = await requests.answer(path, init).finally(() => clearTimeout(timer));
      listener.onState(null);
      wait = pace.first;
      await read(response, listener, stop, pace.silence);
    } catch (error) {
      if (!signal.aborted) {
        listener.onState(attempt.signal.aborted ? SILENT : problemOf(error));
        if (error instanceof Refusal && !error.isDown) {
          wait = pace.longest;
        }
      }
    } finally {
      signal.removeEventListener('abort', stop);
    }
    if (!signal.aborted) {
      await pause(wait, signal);
      wait = Math.min(2 * wait, pace.longest);
    }
  }
}

/** What to say of a stream that did not open, or broke off with words of the browser's own. */
const problemOf = (error: unknown): string =>
  error instanceof Refusal && error.message !== AWAY ? error.message : BROKEN;

async function read(
  response: Response,
  listener: Listener,
  stop: () => void,
  silence: number
): Promise<void> {
  const reader = response.body!.getReader();
  const decoder = new TextDecoder();
  const parser = new EventParser();
  for (;;) {
    const timer = setTimeout(stop, silence);
    const { done, value } = await reader.read().finally(() => clearTimeout(timer));
    if (done) {
      return;
    }
    parser.push(decoder.decode(value, { stream: true })).forEach(event => listener.onEvent(event));
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
