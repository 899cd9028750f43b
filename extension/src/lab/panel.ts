/** The side panel: datasets above, jobs below, alive while it is in view. */

import { SidePanel } from '@jupyterlab/ui-components';
import { Message } from '@lumino/messaging';

import { Datasets } from '../view/datasets';
import { Jobs } from '../view/jobs';
import type { Lab } from '../view/lab';
import { physforgeIcon } from './icons';
import { drawn } from './drawn';

/** In milliseconds: how often the list of datasets is read anew, as notebooks and the command line add to it. */
const REFRESH = 15000;

export class WorkspacePanel extends SidePanel {
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly lab: Lab) {
    super();
    this.id = 'physforge-panel';
    this.addClass('pf-Panel');
    this.title.icon = physforgeIcon;
    this.title.caption = 'PhysForge: datasets and jobs';
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', 'PhysForge: datasets and jobs');
    const datasets = drawn(Datasets, { lab });
    datasets.title.label = 'Datasets';
    const jobs = drawn(Jobs, { lab });
    jobs.title.label = 'Jobs';
    this.addWidget(datasets);
    this.addWidget(jobs);
  }

  protected onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.lab.jobs.follow();
    void this.lab.datasets.refresh();
    clearInterval(this.timer);
    this.timer = setInterval(() => {
      if (document.visibilityState === 'visible') {
        void this.lab.datasets.refresh();
      }
    }, REFRESH);
  }

  protected onAfterHide(message: Message): void {
    super.onAfterHide(message);
    clearInterval(this.timer);
  }

  dispose(): void {
    clearInterval(this.timer);
    super.dispose();
  }
}
