/** Uploads: files stream to the service one after the other, and become a version only all together. */

import type { Version } from './records';
import { NO_SERVER, Refusal, Requests, filePath, path, sentenceOf } from './requests';

export interface UploadFile {
  /** Relative, with '/' between folders. */
  path: string;
  file: File;
}

/** Files that become one version of one dataset. */
export interface Parcel {
  /** What the person calls it: the name of the file or folder. */
  label: string;
  /** What the folder that holds the files is called, if one does; the service makes the dataset's name of it. */
  folder: string | null;
  files: UploadFile[];
}

/** Upload a parcel; `progress` hears the bytes sent so far. */
export async function upload(
  requests: Requests,
  parcel: Parcel,
  progress: (sent: number) => void,
  signal: AbortSignal
): Promise<Version> {
  const { id } = await requests.post<{ id: string }>('/uploads', {
    called: parcel.folder,
    files: parcel.files.map(({ path, file }) => ({ path, size: file.size }))
  });
  try {
    let sent = 0;
    for (const { path: name, file } of parcel.files) {
      signal.throwIfAborted();
      const place = `${path('uploads', id, 'files')}${filePath(name)}`;
      await put(requests, place, file, bytes => progress(sent + bytes), signal);
      sent += file.size;
      progress(sent);
    }
    return await requests.json<Version>(path('uploads', id, 'commit'), { method: 'POST', signal });
  } catch (error) {
    // What was sent is of no use any more; should the service be down, it sweeps it away itself.
    await requests.delete(path('uploads', id)).catch(() => undefined);
    throw error;
  }
}

/** `fetch` cannot tell how much of a body has left; XMLHttpRequest can. */
function put(
  requests: Requests,
  place: string,
  file: File,
  progress: (sent: number) => void,
  signal: AbortSignal
): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('PUT', requests.connection.address(place));
    for (const [name, value] of Object.entries(requests.connection.headers())) {
      request.setRequestHeader(name, value);
    }
    request.setRequestHeader('Content-Type', 'application/octet-stream');
    request.upload.onprogress = event => progress(event.loaded);
    request.onload = () => {
      if (request.status < 300) {
        resolve();
      } else {
        reject(new Refusal(sentenceOf(request.status, request.responseText), request.status));
      }
    };
    request.onerror = () => reject(new Refusal(NO_SERVER, 0));
    request.onabort = () => reject(new DOMException('The upload was cancelled.', 'AbortError'));
    signal.addEventListener('abort', () => request.abort());
    request.send(file);
  });
}
