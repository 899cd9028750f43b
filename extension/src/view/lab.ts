/** What the views ask of JupyterLab, and of the panel's own models. */

import { ISignal } from '@lumino/signaling';
import * as React from 'react';

import { DatasetsModel } from '../model/datasets';
import { JobsModel } from '../model/jobs';
import { Reports } from '../model/reports';
import type { Job } from '../service/records';

export interface Lab {
  readonly datasets: DatasetsModel;
  readonly jobs: JobsModel;
  readonly reports: Reports;
  /** Put the code that opens a dataset into the active notebook. */
  insert(ref: string, file?: string): void;
  /** Show the form that starts a job, about a dataset if one is named. */
  start(dataset?: string): void;
  showJob(job: Job): void;
  showReport(job: Job): void;
  /** Show a page that a job left behind. */
  showPage(job: Job, artifact: string): void;
  confirm(title: string, body: string, action: string): Promise<boolean>;
  /** Set the LaTeX in an element. */
  typeset(element: HTMLElement): void;
}

/** Draw anew whenever a signal is emitted. */
export function useChanges(signal: ISignal<any, any>): void {
  const [, draw] = React.useReducer((drawn: number) => drawn + 1, 0);
  React.useEffect(() => {
    const slot = () => draw();
    signal.connect(slot);
    draw();
    return () => {
      signal.disconnect(slot);
    };
  }, [signal]);
}

/** Draw anew every second while `running`, so that clocks move. */
export function useClock(running: boolean): void {
  const [, draw] = React.useReducer((drawn: number) => drawn + 1, 0);
  React.useEffect(() => {
    if (!running) {
      return;
    }
    const timer = setInterval(draw, 1000);
    return () => clearInterval(timer);
  }, [running]);
}

export type Loaded<T> = { value: T } | { problem: string } | null;

/** What a promise comes to; asked for anew when `keys` change, while the old value stays in view. */
export function useLoaded<T>(load: () => Promise<T>, keys: readonly unknown[]): Loaded<T> {
  const [loaded, set] = React.useState<Loaded<T>>(null);
  React.useEffect(() => {
    let wanted = true;
    load().then(
      value => wanted && set({ value }),
      error => wanted && set({ problem: error instanceof Error ? error.message : String(error) })
    );
    return () => {
      wanted = false;
    };
  }, keys);
  return loaded;
}
