/** The datasets that the panel lists, and the uploads that are under way. */

import { ISignal, Signal } from '@lumino/signaling';

import type { DatasetInfo, Version } from '../service/records';
import { Refusal, Requests, path, said } from '../service/requests';
import { Parcel, upload } from '../service/uploads';
import { count } from '../wording';

export interface Upload {
  readonly key: number;
  readonly label: string;
  readonly size: number;
  readonly sent: number;
  readonly state: 'sending' | 'reading' | 'done' | 'refused';
  /** What became of it, as a sentence. */
  readonly message: string;
  /** What to send once more, where nobody was there to take it. */
  readonly again?: Parcel;
}

export class DatasetsModel {
  /** The datasets that match the search; null until they were first read. */
  items: readonly DatasetInfo[] | null = null;
  uploads: readonly Upload[] = [];
  problem: string | null = null;

  private readonly _changed = new Signal<this, void>(this);
  private readonly aborts = new Map<number, AbortController>();
  private readonly versions = new Map<string, Promise<Version>>();
  private readonly waiting: (() => Promise<void>)[] = [];
  private _search = '';
  private asked = 0;
  private keys = 0;
  private sending = false;

  constructor(readonly requests: Requests) {}

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get search(): string {
    return this._search;
  }

  set search(text: string) {
    this._search = text;
    this._changed.emit();
    void this.refresh();
  }

  /** Read the list anew; of several answers under way only the last asked for counts. */
  async refresh(): Promise<void> {
    const asked = ++this.asked;
    const query = this._search.trim() ? `?search=${encodeURIComponent(this._search.trim())}` : '';
    try {
      const items = await this.requests.items<DatasetInfo>(`/datasets${query}`);
      if (asked === this.asked) {
        this.items = items;
        this.problem = null;
      }
    } catch (error) {
      if (asked === this.asked) {
        this.problem = said(error);
      }
    }
    this._changed.emit();
  }

  /** All datasets, whatever the panel searches for. */
  all(): Promise<DatasetInfo[]> {
    return this.requests.items<DatasetInfo>('/datasets');
  }

  /** One version; versions never change, so each is asked for once. */
  version(name: string, number: number): Promise<Version> {
    const ref = `${name}@${number}`;
    let found = this.versions.get(ref);
    if (!found) {
      found = this.requests.json<Version>(path('datasets', name, 'versions', number));
      this.versions.set(ref, found);
      found.catch(() => this.versions.delete(ref));
    }
    return found;
  }

  async delete(name: string): Promise<void> {
    await this.requests.delete(path('datasets', name));
    [...this.versions.keys()]
      .filter(ref => ref.startsWith(`${name}@`))
      .forEach(ref => this.versions.delete(ref));
    await this.refresh();
  }

  /** Upload parcels, one after the other; returns when all have ended, one way or the other. */
  async upload(parcels: Parcel[]): Promise<void> {
    await Promise.all(parcels.map(parcel => this.queue(parcel)));
  }

  cancel(key: number): void {
    this.aborts.get(key)?.abort();
    this.dismiss(key);
  }

  dismiss(key: number): void {
    this.uploads = this.uploads.filter(upload => upload.key !== key);
    this._changed.emit();
  }

  /** Send what was refused once more. */
  async retry(upload: Upload): Promise<void> {
    this.dismiss(upload.key);
    if (upload.again) {
      await this.queue(upload.again);
    }
  }

  private queue(parcel: Parcel): Promise<void> {
    const key = ++this.keys;
    const size = parcel.files.reduce((sum, { file }) => sum + file.size, 0);
    const abort = new AbortController();
    this.aborts.set(key, abort);
    this.uploads = [
      ...this.uploads,
      { key, label: parcel.label, size, sent: 0, state: 'sending', message: '' }
    ];
    this._changed.emit();
    return new Promise(resolve => {
      this.waiting.push(() => this.send(key, parcel, abort.signal).then(resolve));
      void this.drain();
    });
  }

  private async drain(): Promise<void> {
    if (this.sending) {
      return;
    }
    this.sending = true;
    for (let next = this.waiting.shift(); next; next = this.waiting.shift()) {
      await next();
    }
    this.sending = false;
  }

  private async send(key: number, parcel: Parcel, signal: AbortSignal): Promise<void> {
    const size = this.uploads.find(upload => upload.key === key)?.size ?? 0;
    try {
      signal.throwIfAborted();
      const made = await upload(
        this.requests,
        parcel,
        sent => this.update(key, { sent, state: sent < size ? 'sending' : 'reading' }),
        signal
      );
      const ref = `${made.name}@${made.number}`;
      const message = made.reused
        ? `These very files are there already, as ${ref}.`
        : `Uploaded as ${ref}: ${count(made.files.length, 'file')}.`;
      this.update(key, { sent: size, state: 'done', message });
      await this.refresh();
    } catch (error) {
      if (!signal.aborted) {
        const again = error instanceof Refusal && error.isDown ? parcel : undefined;
        this.update(key, { state: 'refused', message: said(error), again });
      }
    } finally {
      this.aborts.delete(key);
    }
  }

  private update(key: number, change: Partial<Upload>): void {
    this.uploads = this.uploads.map(upload =>
      upload.key === key ? { ...upload, ...change } : upload
    );
    this._changed.emit();
  }
}
